/*
 * Telnet as far as a chat needs it (RFC 854, 855, 857; option state after RFC
 * 1143, so that negotiation cannot loop): IAC sequences are taken out of the
 * input wherever they are split, every option is refused, and the echo option
 * can be used to hide a password. Pure; no allocation; one state per
 * connection.
 */
#ifndef PROTO_WIRE_TELNET_H
#define PROTO_WIRE_TELNET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TELNET_ANSWER_BYTES 3

struct telnet {
	uint8_t state; /* where in a sequence the input stopped */
	uint8_t verb;  /* WILL, WONT, DO or DONT that waits for its option */
	uint8_t echo;  /* our side of the echo option, RFC 1143 */
	bool seen;     /* the peer has sent an IAC: it speaks telnet */
	bool stray;    /* set by telnet_filter: see there */
};

/* Gets each answer that is owed to the peer, TELNET_ANSWER_BYTES long. */
typedef void
telnet_answer_fn(void *context, const char answer[TELNET_ANSWER_BYTES]);

/*
 * Takes telnet sequences out of `bytes`, in place, and returns how many bytes
 * are left. IAC IAC leaves one 0xFF, which is no text, and so does an IAC
 * before a byte that is no command. When such an IAC was the last byte of the
 * call before, there may be no room for it: then telnet->stray is set, a 0xFF
 * belongs before the bytes that are returned, and the caller clears it. Answers
 * are passed to `answer` in order; at most one for three bytes of input, and
 * none for a request that changes nothing (RFC 1143).
 */
size_t telnet_filter(struct telnet *telnet, char *bytes, size_t len,
    telnet_answer_fn *answer, void *context);

/*
 * Asks the peer to stop (`on` false) or resume showing what is typed: we offer
 * to echo, and then do not. Writes the request and returns true when there is
 * something to send: never to a peer that has not shown that it speaks telnet,
 * and never what has been asked already.
 */
bool telnet_set_echo(
    struct telnet *telnet, bool on, char request[TELNET_ANSWER_BYTES]);

#endif
