/* Keys of session tickets, renewed in time. */
#include "reactor/tls_tickets.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <string.h>

#include "reactor/check.h"
#include "reactor/clock.h"
#include "reactor/memory.h"

static int place; /* of a context's own; written once, before the first */

static void
renew(struct tls_ticket_key *key)
{
	check(RAND_bytes(key->name, sizeof(key->name)) == 1);
	check(RAND_priv_bytes(key->cipher, sizeof(key->cipher)) == 1);
	check(RAND_priv_bytes(key->mac, sizeof(key->mac)) == 1);
}

void
tls_tickets_init(
    struct tls_tickets *tickets, uint64_t period_ms, uint64_t now_ms)
{
	check(period_ms > 0);
	check_zero(pthread_mutex_init(&tickets->lock, NULL));
	tickets->period_ms = period_ms;
	tickets->since_ms = now_ms;
	renew(&tickets->keys[0]);
	renew(&tickets->keys[1]);
}

void
tls_tickets_fini(struct tls_tickets *tickets)
{
	check_zero(pthread_mutex_destroy(&tickets->lock));
	explicit_bzero(tickets, sizeof(*tickets));
}

/* Under the lock. Nobody needs a key while nobody comes: it is looked at then,
 * and one that is too old to be the one before is not kept as that. */
static void
tickets_turn(struct tls_tickets *tickets, uint64_t now_ms)
{
	uint64_t periods;

	/* Another thread may have read its clock later. */
	if (now_ms < tickets->since_ms)
		return;
	periods = (now_ms - tickets->since_ms) / tickets->period_ms;
	if (periods == 0)
		return;
	tickets->keys[1] = tickets->keys[0];
	if (periods > 1)
		renew(&tickets->keys[1]);
	renew(&tickets->keys[0]);
	tickets->since_ms += periods * tickets->period_ms;
}

struct tls_ticket_key
tls_tickets_newest(struct tls_tickets *tickets, uint64_t now_ms)
{
	struct tls_ticket_key key;

	check_zero(pthread_mutex_lock(&tickets->lock));
	tickets_turn(tickets, now_ms);
	key = tickets->keys[0];
	check_zero(pthread_mutex_unlock(&tickets->lock));
	return key;
}

bool
tls_tickets_find(struct tls_tickets *tickets, uint64_t now_ms,
    const unsigned char name[16], struct tls_ticket_key *key, bool *newest)
{
	bool found = false;

	check_zero(pthread_mutex_lock(&tickets->lock));
	tickets_turn(tickets, now_ms);
	for (int i = 0; i < 2 && !found; i++) {
		found = memcmp(tickets->keys[i].name, name, 16) == 0;
		if (found)
			*key = tickets->keys[i];
		*newest = i == 0;
	}
	check_zero(pthread_mutex_unlock(&tickets->lock));
	return found;
}

static bool
use_mac(EVP_MAC_CTX *mac, struct tls_ticket_key *key)
{
	OSSL_PARAM params[] = {
	    OSSL_PARAM_octet_string(
		OSSL_MAC_PARAM_KEY, key->mac, sizeof(key->mac)),
	    OSSL_PARAM_utf8_string(
		OSSL_MAC_PARAM_DIGEST, (char[]){"SHA256"}, 6),
	    OSSL_PARAM_END,
	};

	return EVP_MAC_CTX_set_params(mac, params) == 1;
}

/* As SSL_CTX_set_tlsext_ticket_key_evp_cb has it: 0 is no ticket, or a whole
 * handshake; 2 is one that was sealed with an older key. */
static int
on_ticket(SSL *ssl, unsigned char *name, unsigned char *vector,
    EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int seals)
{
	struct tls_tickets *tickets =
	    SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), place);
	uint64_t now_ms = clock_monotonic_ms();
	struct tls_ticket_key key;
	bool newest = true, done;

	if (seals) {
		key = tls_tickets_newest(tickets, now_ms);
		memcpy(name, key.name, sizeof(key.name));
		if (RAND_bytes(vector, EVP_MAX_IV_LENGTH) != 1)
			return -1;
	} else if (!tls_tickets_find(tickets, now_ms, name, &key, &newest)) {
		return 0;
	}
	done = EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, key.cipher,
		   vector, seals) == 1 &&
	       use_mac(mac, &key);
	explicit_bzero(&key, sizeof(key));
	if (!done)
		return -1;
	return newest ? 1 : 2;
}

static void
on_context_freed(void *context, void *tickets, CRYPTO_EX_DATA *data, int index,
    long number, void *argument)
{
	(void)context;
	(void)data;
	(void)index;
	(void)number;
	(void)argument;
	if (!tickets)
		return;
	tls_tickets_fini(tickets);
	free(tickets);
}

static void
make_place(void)
{
	place = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, on_context_freed);
	check(place >= 0);
}

void
tls_tickets_use(struct ssl_ctx_st *context, uint64_t period_ms)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct tls_tickets *tickets = memory_new(sizeof(*tickets));

	check_zero(pthread_once(&once, make_place));
	tls_tickets_init(tickets, period_ms, clock_monotonic_ms());
	check(SSL_CTX_set_ex_data(context, place, tickets) == 1);
	SSL_CTX_set_timeout(context, (long)(period_ms / 1000));
	check_nonzero(SSL_CTX_set_tlsext_ticket_key_evp_cb(context, on_ticket));
}
