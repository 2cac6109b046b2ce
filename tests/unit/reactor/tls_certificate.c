/* What is read of a certificate and its key, and what is refused. */
#include "reactor/tls_certificate.h"

#include <openssl/pem.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/kit/tls_kit.h"

#define CERTIFICATE_TEST(name)                                                 \
	Test(reactor_tls_certificate, name, .fini = harness_fini)

static char error[TLS_ERROR_BYTES];

static bool
is_taken(const char *certificate, const char *key)
{
	SSL_CTX *context;
	bool taken;

	error[0] = '\0';
	context = tls_certificate_read(
	    tls_kit_path(certificate), tls_kit_path(key), error);
	taken = context != NULL;
	tls_certificate_free(&context);
	return taken;
}

static void
refuses(
    const char *certificate, const char *key, const char *file, const char *why)
{
	cr_assert_not(is_taken(certificate, key));
	cr_assert(strstr(error, tls_kit_path(file)) == error, "%s", error);
	cr_assert_not_null(strstr(error, why), "%s", error);
}

CERTIFICATE_TEST(wrong_files_are_refused_by_name)
{
	tls_kit_certificate("one", -1, 100);
	tls_kit_certificate("two", -1, 200);
	tls_kit_write("empty", "");
	tls_kit_write("text", "no certificate\n");
	cr_assert(is_taken("one.cert", "one.key"), "%s", error);
	refuses("one.cert", "two.key", "two.key", "does not fit");
	refuses("none", "one.key", "none", "No such file");
	refuses("one.cert", "none", "none", "No such file");
	refuses("empty", "one.key", "empty", "cannot be read");
	refuses("one.cert", "empty", "empty", "cannot be read");
	refuses("text", "one.key", "text", "no start line");
	refuses("one.cert", "text", "text", "cannot be read");
	refuses("one.key", "one.key", "one.key", "cannot be read");
	refuses("one.cert", "one.cert", "one.cert", "cannot be read");
	refuses(".", "one.key", ".", "cannot be read");
	refuses("one.cert", ".", ".", "cannot be read");
}

/* Without anybody being asked for it on the terminal. */
CERTIFICATE_TEST(key_with_a_password_is_refused)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	FILE *out;

	tls_kit_certificate("one", -1, 100);
	out = fopen(tls_kit_path("locked"), "we");
	cr_assert_eq(PEM_write_PrivateKey(out, key, EVP_aes_128_cbc(),
			 (const unsigned char *)"word", 4, NULL, NULL),
	    1);
	fclose(out);
	EVP_PKEY_free(key);
	refuses("one.cert", "locked", "locked", "cannot be read");
}

/* A key of another kind than the certificate's fits none, and is not taken for
 * one whose certificate is still to come. */
/* As a shell's <(...), which is empty at a reload. */
CERTIFICATE_TEST(pipe_is_refused)
{
	tls_kit_certificate("one", -1, 100);
	cr_assert_eq(mkfifo(tls_kit_path("pipe"), 0600), 0);
	refuses("pipe", "one.key", "pipe", "it is no regular file");
	refuses("one.cert", "pipe", "pipe", "it is no regular file");
	refuses("none", "one.key", "none", "No such file");
	refuses("one.cert", "none", "none", "No such file");
}

CERTIFICATE_TEST(key_of_another_kind_is_refused)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	FILE *out;

	tls_kit_certificate("one", -1, 100);
	out = fopen(tls_kit_path("other"), "we");
	cr_assert_eq(
	    PEM_write_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL), 1);
	fclose(out);
	EVP_PKEY_free(key);
	refuses("one.cert", "other", "other", "does not fit");
}

/* Adds a file to what is in `text`; its new length. */
static size_t
add_file(char text[8192], size_t len, const char *name)
{
	FILE *in = fopen(tls_kit_path(name), "re");

	cr_assert_not_null(in);
	len += fread(text + len, 1, 8191 - len, in);
	fclose(in);
	text[len] = '\0';
	return len;
}

/* As programs that show certificates have them. */
CERTIFICATE_TEST(words_around_certificates_do_not_matter)
{
	char text[8192] = "depth=0 CN = localhost\n---\n";

	tls_kit_certificate("one", -1, 100);
	tls_kit_certificate("two", -1, 200);
	add_file(text, strlen(text), "one.cert");
	strcat(text, "---\n 1 s:CN = localhost\n");
	add_file(text, strlen(text), "two.cert");
	strcat(text, "---\nDONE\n---\n");
	tls_kit_write("shown", text);
	cr_assert(is_taken("shown", "one.key"), "%s", error);
}

/* Is it taken with this many bytes of one of its files there? */
static bool
is_taken_cut(
    const char *text, size_t at, const char *certificate, const char *key)
{
	char cut[8192];

	memcpy(cut, text, at);
	cut[at] = '\0';
	tls_kit_write("cut", cut);
	return is_taken(certificate, key);
}

/* A reload may find what is just being written. Cut behind its first or last
 * line's end, nothing tells that more is to follow. */
CERTIFICATE_TEST(half_written_files_are_refused)
{
	size_t first, len;
	char text[8192];

	tls_kit_certificate("one", -1, 100);
	tls_kit_certificate("two", -1, 200);
	first = add_file(text, 0, "one.cert");
	len = add_file(text, first, "two.cert");
	for (size_t at = 0; at < len; at++)
		cr_assert_eq(is_taken_cut(text, at, "cut", "one.key"),
		    at == first || at == first - 1 || at == len - 1,
		    "%zu of %zu, %zu", at, first, len);
	len = add_file(text, 0, "one.key");
	for (size_t at = 0; at < len; at++)
		cr_assert_eq(is_taken_cut(text, at, "one.cert", "cut"),
		    at == len - 1, "%zu of %zu", at, len);
}
