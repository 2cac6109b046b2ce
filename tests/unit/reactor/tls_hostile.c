/* What a client may do to TLS that it need not: in pieces, again and again, not
 * to the end. */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

#include "tests/kit/tls_pair.h"

#define HOSTILE_TEST(name) Test(reactor_tls, name, .fini = harness_fini)

static const struct tls_wish old = {.version_max = TLS1_2_VERSION};
static const struct tls_wish *const versions[] = {NULL, &old};

HOSTILE_TEST(hostile_longest_record_in_bytes_is_one_text)
{
	char text[TLS_TEXT_BYTES + 1];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (int i = 0; i < 2; i++) {
		tls_pair_begin(versions[i]);
		tls_pair_shake(SIZE_MAX);
		tls_pair_client_says(text);
		tls_pair_to_server(1);
		cr_assert_eq(pair.got, TLS_MORE);
		cr_assert_eq(pair.heard_len, TLS_TEXT_BYTES);
		tls_pair_end();
	}
}

/* Also behind the server's answer, and amid what follows; tls_pair_end sees to
 * it that nothing is left, and the sanitizer. */
HOSTILE_TEST(hostile_handshake_ends_behind_any_byte)
{
	for (int i = 0; i < 2; i++) {
		int left = 0;

		for (int cut = 1; left == 0; cut += 13) {
			left = cut;

			tls_pair_begin(versions[i]);
			do {
				char byte;

				SSL_do_handshake(pair.client);
				while (left > 0 &&
				       BIO_read(SSL_get_wbio(pair.client),
					   &byte, 1) == 1) {
					tls_pair_hear(&byte, 1);
					left--;
				}
				cr_assert_eq(pair.got, TLS_MORE);
			} while (tls_pair_to_client(SIZE_MAX));
			cr_assert(left == 0 || tls_is_up(pair.tls));
			tls_pair_end();
		}
	}
}

HOSTILE_TEST(hostile_names_make_no_difference)
{
	char longest[256];
	const char *names[] = {"localhost", "elsewhere.example", "..", "-",
	    "127.0.0.1", "a b\n\x1b[31m", "\xff\xfe", "%s%n", longest};

	memset(longest, 'n', 255);
	longest[255] = '\0';
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		tls_pair_begin(NULL);
		cr_assert_eq(
		    SSL_set_tlsext_host_name(pair.client, names[i]), 1);
		tls_pair_shake(SIZE_MAX);
		tls_pair_end();
	}
}

/* Nothing but new keys, each of which costs the server a few microseconds: what
 * fits into one receive, at once. */
HOSTILE_TEST(hostile_new_keys_alone_break_it)
{
	tls_pair_begin(NULL);
	tls_pair_shake(SIZE_MAX);
	for (int i = 0; i < 2 * TLS_LATE_MESSAGES; i++) {
		cr_assert_eq(
		    SSL_key_update(pair.client, SSL_KEY_UPDATE_REQUESTED), 1);
		cr_assert_eq(SSL_do_handshake(pair.client), 1);
	}
	tls_pair_to_server(SIZE_MAX);
	cr_assert_eq(pair.got, TLS_BROKEN);
	cr_assert_lt(pair.sealed.bytes, 100 * TLS_LATE_MESSAGES);
	tls_pair_end();
}

HOSTILE_TEST(hostile_renegotiation_is_refused)
{
	tls_pair_begin(&old);
	tls_pair_shake(SIZE_MAX);
	cr_assert_eq(SSL_renegotiate(pair.client), 1);
	cr_assert_neq(SSL_do_handshake(pair.client), 1);
	tls_pair_to_server(SIZE_MAX);
	cr_assert_eq(pair.got, TLS_MORE);
	tls_pair_to_client(SIZE_MAX);
	ERR_clear_error();
	cr_assert_neq(SSL_do_handshake(pair.client), 1);
	cr_assert_eq(ERR_GET_REASON(ERR_peek_error()), SSL_R_NO_RENEGOTIATION);
	tls_pair_end();
}

/* Records of TLS 1.2 that OpenSSL's client would not send (RFC 5246, 6.2 and
 * 6.3; RFC 5288, 3). */
struct forger {
	EVP_CIPHER_CTX *cipher;
	unsigned char nonce[12];
	uint64_t sequence;
};

static void
forger_begin(struct forger *forger)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "TLS1-PRF", NULL);
	EVP_KDF_CTX *context = EVP_KDF_CTX_new(kdf);
	unsigned char secret[48], seed[13 + 64] = "key expansion", keys[72];
	OSSL_PARAM params[] = {
	    OSSL_PARAM_utf8_string(
		OSSL_KDF_PARAM_DIGEST, (char[]){"SHA384"}, 6),
	    OSSL_PARAM_octet_string(OSSL_KDF_PARAM_SECRET, secret, 48),
	    OSSL_PARAM_octet_string(OSSL_KDF_PARAM_SEED, seed, sizeof(seed)),
	    OSSL_PARAM_END,
	};

	cr_assert_str_eq(
	    SSL_get_cipher_name(pair.client), "ECDHE-ECDSA-AES256-GCM-SHA384");
	SSL_SESSION_get_master_key(SSL_get_session(pair.client), secret, 48);
	SSL_get_server_random(pair.client, seed + 13, 32);
	SSL_get_client_random(pair.client, seed + 45, 32);
	cr_assert_eq(EVP_KDF_derive(context, keys, sizeof(keys), params), 1);
	EVP_KDF_CTX_free(context);
	EVP_KDF_free(kdf);
	forger->cipher = EVP_CIPHER_CTX_new();
	cr_assert_eq(EVP_EncryptInit_ex(
			 forger->cipher, EVP_aes_256_gcm(), NULL, keys, NULL),
	    1);
	memcpy(forger->nonce, keys + 64, 4);
	forger->sequence = 1; /* behind its Finished */
}

/* One record, given to the server. */
static void
forge(struct forger *forger, unsigned char type, const char *text, int len)
{
	unsigned char record[256] = {type, 3, 3, 0, (unsigned char)(len + 24)};
	unsigned char head[13] = {
	    0, 0, 0, 0, 0, 0, 0, 0, type, 3, 3, 0, (unsigned char)len};
	int n;

	for (int i = 0; i < 8; i++)
		head[i] = (unsigned char)(forger->sequence >> (56 - 8 * i));
	forger->sequence++;
	memcpy(forger->nonce + 4, head, 8);
	memcpy(record + 5, head, 8);
	EVP_EncryptInit_ex(forger->cipher, NULL, NULL, NULL, forger->nonce);
	EVP_EncryptUpdate(forger->cipher, NULL, &n, head, sizeof(head));
	EVP_EncryptUpdate(
	    forger->cipher, record + 13, &n, (const unsigned char *)text, len);
	cr_assert_eq(EVP_EncryptFinal_ex(forger->cipher, record, &n), 1);
	EVP_CIPHER_CTX_ctrl(
	    forger->cipher, EVP_CTRL_AEAD_GET_TAG, 16, record + 13 + len);
	tls_pair_hear((char *)record, (size_t)(5 + 24 + len));
}

/* A wish to begin anew: a hello, which nobody reads to its end. */
static const char hello[] = "\x01\x00\x00\x02\x03\x03";

HOSTILE_TEST(hostile_flood_of_renegotiations_breaks_it)
{
	struct forger forger = {0};
	int i;

	tls_pair_begin(&old);
	tls_pair_shake(SIZE_MAX);
	forger_begin(&forger);
	forge(&forger, SSL3_RT_APPLICATION_DATA, "x", 1);
	cr_assert_eq(pair.heard_len, 1);
	for (i = 0; i < 1000 && pair.got == TLS_MORE; i++)
		forge(&forger, SSL3_RT_HANDSHAKE, hello, 6);
	cr_assert_eq(pair.got, TLS_BROKEN);
	cr_assert_gt(i, 1);
	cr_assert_leq(i, TLS_LATE_MESSAGES + 1);
	cr_assert_lt(pair.sealed.bytes, 100 * TLS_LATE_MESSAGES);
	EVP_CIPHER_CTX_free(forger.cipher);
	tls_pair_end();
}

HOSTILE_TEST(hostile_flood_of_warnings_breaks_it)
{
	struct forger forger = {0};
	int i;

	tls_pair_begin(&old);
	tls_pair_shake(SIZE_MAX);
	forger_begin(&forger);
	for (i = 0; i < 1000 && pair.got == TLS_MORE; i++)
		forge(&forger, SSL3_RT_ALERT, "\x01\x5a", 2);
	cr_assert_eq(pair.got, TLS_BROKEN);
	cr_assert_leq(i, TLS_LATE_MESSAGES + 1);
	EVP_CIPHER_CTX_free(forger.cipher);
	tls_pair_end();
}

/* Records without anything in them, which are no end. */
HOSTILE_TEST(hostile_flood_of_empty_records_breaks_it)
{
	struct forger forger = {0};
	int i;

	tls_pair_begin(&old);
	tls_pair_shake(SIZE_MAX);
	forger_begin(&forger);
	for (i = 0; i < 1000 && pair.got == TLS_MORE; i++)
		forge(&forger, SSL3_RT_APPLICATION_DATA, "", 0);
	cr_assert_eq(pair.got, TLS_BROKEN);
	cr_assert_leq(i, 2 * TLS_LATE_MESSAGES);
	cr_assert_eq(pair.heard_len, 0);
	EVP_CIPHER_CTX_free(forger.cipher);
	tls_pair_end();
}
