/*
 * Telnet's sequences taken out of the input, one byte at a time where there are
 * any and with one memchr where there are none.
 *
 * A 0xFF before a byte that is no telnet command is not telnet but a byte that
 * never is text. It takes that byte's place, so that the line is refused as bad
 * text; a LF stays beside it, so that the line ends. Only when that LF is the
 * first byte of the input is there no room for both: then the caller is told.
 */
#include "proto/wire/telnet.h"

#include <string.h>

#include "reactor/check.h"

enum {
	TELNET_EOF = 236, /* the first of the commands (RFC 1184) */
	TELNET_SE = 240,
	TELNET_SB = 250,
	TELNET_WILL = 251,
	TELNET_WONT = 252,
	TELNET_DO = 253,
	TELNET_DONT = 254,
	TELNET_IAC = 255,
};

enum {
	OPTION_ECHO = 1,
};

/* Where in a sequence the input stopped. */
enum state {
	STATE_DATA, /* in none */
	STATE_IAC,
	STATE_VERB,   /* IAC WILL, WONT, DO or DONT: the option comes */
	STATE_SB,     /* a subnegotiation, up to IAC SE */
	STATE_SB_IAC, /* an IAC in it */
};

/* Our side of the echo option by RFC 1143; _OPPOSITE is its queue bit: once the
 * peer has answered, we ask for the contrary. */
enum echo {
	ECHO_NO,
	ECHO_YES,
	ECHO_WANTNO,
	ECHO_WANTNO_OPPOSITE,
	ECHO_WANTYES,
	ECHO_WANTYES_OPPOSITE,
};

/* What a call works with. */
struct filter {
	struct telnet *telnet;
	telnet_answer_fn *answer;
	void *context;
};

static void
put(char out[TELNET_ANSWER_BYTES], uint8_t verb, uint8_t option)
{
	out[0] = (char)TELNET_IAC;
	out[1] = (char)verb;
	out[2] = (char)option;
}

static void
answer(const struct filter *filter, uint8_t verb, uint8_t option)
{
	char bytes[TELNET_ANSWER_BYTES];

	put(bytes, verb, option);
	filter->answer(filter->context, bytes);
}

/* DO ECHO: our offer is taken, or we are asked for what we do not offer. */
static void
echo_requested(const struct filter *filter)
{
	struct telnet *telnet = filter->telnet;

	switch ((enum echo)telnet->echo) {
	case ECHO_NO:
		answer(filter, TELNET_WONT, OPTION_ECHO);
		break;
	case ECHO_YES:
		break;
	case ECHO_WANTNO: /* the peer is wrong: our WONT has one answer */
		telnet->echo = ECHO_NO;
		break;
	case ECHO_WANTNO_OPPOSITE:
	case ECHO_WANTYES:
		telnet->echo = ECHO_YES;
		break;
	case ECHO_WANTYES_OPPOSITE:
		telnet->echo = ECHO_WANTNO;
		answer(filter, TELNET_WONT, OPTION_ECHO);
		break;
	}
}

/* DONT ECHO: our offer is refused, its end is confirmed, or asked for. */
static void
echo_refused(const struct filter *filter)
{
	struct telnet *telnet = filter->telnet;

	switch ((enum echo)telnet->echo) {
	case ECHO_NO:
		break;
	case ECHO_YES:
		telnet->echo = ECHO_NO;
		answer(filter, TELNET_WONT, OPTION_ECHO);
		break;
	case ECHO_WANTNO_OPPOSITE:
		telnet->echo = ECHO_WANTYES;
		answer(filter, TELNET_WILL, OPTION_ECHO);
		break;
	case ECHO_WANTNO:
	case ECHO_WANTYES:
	case ECHO_WANTYES_OPPOSITE:
		telnet->echo = ECHO_NO;
		break;
	}
}

/* All options but our echo are off for good: asked for, they are refused; that
 * they are off is no news. */
static void
negotiate(const struct filter *filter, uint8_t verb, uint8_t option)
{
	if (verb == TELNET_WILL)
		answer(filter, TELNET_DONT, option);
	else if (verb == TELNET_DO && option == OPTION_ECHO)
		echo_requested(filter);
	else if (verb == TELNET_DO)
		answer(filter, TELNET_WONT, option);
	else if (verb == TELNET_DONT && option == OPTION_ECHO)
		echo_refused(filter);
}

/* The byte after an IAC. Returns how many bytes of data were written to `out`,
 * which has room for `room`. */
static size_t
after_iac(struct telnet *telnet, uint8_t byte, char *out, size_t room)
{
	telnet->state = STATE_DATA;
	telnet->seen |= byte >= TELNET_EOF;
	if (byte == TELNET_SB) {
		telnet->state = STATE_SB;
	} else if (byte >= TELNET_WILL && byte <= TELNET_DONT) {
		telnet->state = STATE_VERB;
		telnet->verb = byte;
	} else if (byte == '\n') {
		telnet->stray |= room == 1;
		out[0] = (char)TELNET_IAC;
		out[room > 1] = '\n';
		return 1 + (room > 1);
	} else if (byte == TELNET_IAC || byte < TELNET_EOF) {
		out[0] = (char)TELNET_IAC;
		return 1;
	}
	return 0;
}

/* One byte of a sequence; the rest is as for after_iac. */
static size_t
step(const struct filter *filter, uint8_t byte, char *out, size_t room)
{
	struct telnet *telnet = filter->telnet;

	check(room > 0);
	switch ((enum state)telnet->state) {
	case STATE_IAC:
		return after_iac(telnet, byte, out, room);
	case STATE_VERB:
		telnet->state = STATE_DATA;
		negotiate(filter, telnet->verb, byte);
		return 0;
	case STATE_SB:
		if (byte == TELNET_IAC)
			telnet->state = STATE_SB_IAC;
		return 0;
	case STATE_SB_IAC:
		telnet->state = byte == TELNET_SE ? STATE_DATA : STATE_SB;
		return 0;
	case STATE_DATA:
		break;
	}
	unreachable("data is not passed byte by byte");
}

size_t
telnet_filter(struct telnet *telnet, char *bytes, size_t len,
    telnet_answer_fn *answer_fn, void *context)
{
	struct filter filter = {telnet, answer_fn, context};
	size_t in = 0, out = 0;

	check(telnet->state <= STATE_SB_IAC);
	check(telnet->echo <= ECHO_WANTYES_OPPOSITE);
	while (in < len) {
		if (telnet->state != STATE_DATA) {
			uint8_t byte = (uint8_t)bytes[in++];
			out += step(&filter, byte, bytes + out, in - out);
			continue;
		}
		char *iac = memchr(bytes + in, TELNET_IAC, len - in);
		size_t data = iac ? (size_t)(iac - bytes) - in : len - in;
		if (out != in)
			memmove(bytes + out, bytes + in, data);
		out += data;
		in += data;
		if (iac != NULL) {
			telnet->state = STATE_IAC;
			in++;
		}
	}
	check(out <= len);
	return out;
}

/* We want to echo: the peer shall not. */
static bool
echo_offer(struct telnet *telnet)
{
	switch ((enum echo)telnet->echo) {
	case ECHO_NO:
		telnet->echo = ECHO_WANTYES;
		return true;
	case ECHO_WANTNO:
		telnet->echo = ECHO_WANTNO_OPPOSITE;
		return false;
	case ECHO_WANTYES_OPPOSITE:
		telnet->echo = ECHO_WANTYES;
		return false;
	case ECHO_YES:
	case ECHO_WANTNO_OPPOSITE:
	case ECHO_WANTYES:
		return false;
	}
	unreachable("no other echo state");
}

static bool
echo_withdraw(struct telnet *telnet)
{
	switch ((enum echo)telnet->echo) {
	case ECHO_YES:
		telnet->echo = ECHO_WANTNO;
		return true;
	case ECHO_WANTYES:
		telnet->echo = ECHO_WANTYES_OPPOSITE;
		return false;
	case ECHO_WANTNO_OPPOSITE:
		telnet->echo = ECHO_WANTNO;
		return false;
	case ECHO_NO:
	case ECHO_WANTNO:
	case ECHO_WANTYES_OPPOSITE:
		return false;
	}
	unreachable("no other echo state");
}

bool
telnet_set_echo(
    struct telnet *telnet, bool on, char request[TELNET_ANSWER_BYTES])
{
	if (!telnet->seen)
		return false;
	if (!(on ? echo_withdraw(telnet) : echo_offer(telnet)))
		return false;
	put(request, on ? TELNET_WONT : TELNET_WILL, OPTION_ECHO);
	return true;
}
