/* The certificate of the options, read and read again. */
#include "console/server/certificate.h"

#include <stdio.h>

#include "proto/session_answer.h"
#include "reactor/clock.h"
#include "reactor/tls_certificate.h"
#include "reactor/tls_server.h"

#define SOON_S (14 * 24 * 60 * 60)

static bool
wants_certificate(const struct options *options)
{
	bool wants = options->tls_only;

	for (unsigned i = 0; i < options->listen_count; i++)
		wants |= options->listen[i].speaks == SPEAKS_TLS;
	return wants;
}

int
certificate_read(const struct options *options, struct ssl_ctx_st **certificate,
    char error[OPTIONS_ERROR_BYTES])
{
	bool cert = options->tls_cert[0] != '\0';
	bool key = options->tls_key[0] != '\0';
	char problem[TLS_ERROR_BYTES];

	*certificate = NULL;
	if (cert != key || (!key && wants_certificate(options))) {
		snprintf(error, OPTIONS_ERROR_BYTES,
		    cert != key ? "--tls-cert and --tls-key want each other"
				: "tls:// and --tls-only want --tls-cert and "
				  "--tls-key");
		return -1;
	}
	if (!key)
		return 0;
	*certificate =
	    tls_certificate_read(options->tls_cert, options->tls_key, problem);
	if (*certificate)
		return 0;
	snprintf(error, OPTIONS_ERROR_BYTES, "%.*s", OPTIONS_ERROR_BYTES - 1,
	    problem);
	return -1;
}

int
certificate_begin(struct tls_server *server, const struct options *options,
    char error[OPTIONS_ERROR_BYTES])
{
	struct ssl_ctx_st *certificate;

	if (certificate_read(options, &certificate, error) < 0)
		return -1;
	tls_server_set(server, certificate);
	return 0;
}

const char *
certificate_text(
    struct tls_server *server, char text[CERTIFICATE_TEXT_BYTES], bool *soon)
{
	struct tls_validity validity = tls_server_validity(server);
	int64_t now_s = clock_date_ms() / 1000;
	char date[SESSION_DATE_BYTES];

	*soon = validity.from_s > now_s || validity.until_s < now_s + SOON_S;
	if (validity.from_s > now_s)
		snprintf(text, CERTIFICATE_TEXT_BYTES, "not valid before %s",
		    session_date(validity.from_s, date));
	else
		snprintf(text, CERTIFICATE_TEXT_BYTES, "%s %s",
		    validity.until_s <= now_s ? "expired" : "valid until",
		    session_date(validity.until_s, date));
	return text;
}
