/*
 * The same text and the same answers for any split, and those that a plain
 * second reader finds, which has all the input before it; answers are
 * well-formed; and the echo option is never asked for twice.
 */
/* Covers: proto/wire/telnet.c */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/wire/telnet.h"
#include "reactor/check.h"
#include "tests/fuzz/source.h"

#define INPUT_BYTES_MAX 4096

enum {
	EOF_COMMAND = 236, /* the first of the commands */
	SE = 240,
	SB = 250,
	WILL = 251,
	WONT = 252,
	DO = 253,
	DONT = 254,
	IAC = 255,
};

struct output {
	struct telnet telnet;
	size_t len;
	char bytes[INPUT_BYTES_MAX + 1];
	size_t answers_len;
	char answers[2 * INPUT_BYTES_MAX];
};

static void
keep_answer(void *context, const char answer[TELNET_ANSWER_BYTES])
{
	struct output *output = context;
	uint8_t verb = (uint8_t)answer[1];

	check((uint8_t)answer[0] == IAC);
	check(verb == WILL || verb == WONT || verb == DONT);
	check(verb != WILL || answer[2] == 1);
	check(output->answers_len + 3 <= sizeof(output->answers));
	memcpy(output->answers + output->answers_len, answer, 3);
	output->answers_len += 3;
}

/* In its own memory, so that a byte too many is seen. */
static void
filter(struct output *output, const uint8_t *data, size_t size)
{
	char *piece = malloc(size);

	memcpy(piece, data, size);
	size_t left =
	    telnet_filter(&output->telnet, piece, size, keep_answer, output);
	check(left <= size);
	if (output->telnet.stray)
		output->bytes[output->len++] = (char)IAC;
	output->telnet.stray = false;
	memcpy(output->bytes + output->len, piece, left);
	output->len += left;
	free(piece);
}

static void
filter_in_pieces(
    struct output *output, const uint8_t *data, size_t size, size_t piece)
{
	memset(output, 0, sizeof(*output));
	for (size_t at = 0; at < size; at += piece)
		filter(
		    output, data + at, size - at < piece ? size - at : piece);
}

static void
compare(struct output *whole, const uint8_t *data, size_t size, size_t piece)
{
	static struct output split;

	filter_in_pieces(&split, data, size, piece);
	check(split.len == whole->len);
	check(!memcmp(split.bytes, whole->bytes, whole->len));
	check(split.answers_len == whole->answers_len);
	check(!memcmp(split.answers, whole->answers, whole->answers_len));
	check(split.telnet.state == whole->telnet.state);
	check(split.telnet.echo == whole->telnet.echo);
	check(split.telnet.seen == whole->telnet.seen);
}

/* Behind an IAC: what it says, as far as it is there. The place behind it. */
static size_t
plain_sequence(
    struct output *output, const uint8_t *data, size_t size, size_t at)
{
	uint8_t byte = data[at++];
	char answer[TELNET_ANSWER_BYTES] = {(char)IAC};

	if (byte == SB) {
		while (
		    at + 1 < size && !(data[at] == IAC && data[at + 1] == SE))
			at += data[at] == IAC ? 2 : 1;
		return at + 2 < size ? at + 2 : size;
	}
	if (byte >= WILL && byte <= DONT) {
		if (at == size)
			return at;
		answer[1] = (char)(byte == WILL ? DONT : WONT);
		answer[2] = (char)data[at];
		if (byte == WILL || byte == DO)
			keep_answer(output, answer);
		return at + 1;
	}
	if (byte == IAC || byte < EOF_COMMAND)
		output->bytes[output->len++] = (char)IAC;
	if (byte == '\n')
		output->bytes[output->len++] = '\n';
	return at;
}

/* As we never offer to echo, every answer is a refusal. */
static void
check_plainly(const struct output *whole, const uint8_t *data, size_t size)
{
	static struct output plain;
	size_t at = 0;

	plain.len = plain.answers_len = 0;
	while (at < size) {
		if (data[at] != IAC)
			plain.bytes[plain.len++] = (char)data[at++];
		else if (++at < size)
			at = plain_sequence(&plain, data, size, at);
	}
	check(plain.len == whole->len);
	check(!memcmp(plain.bytes, whole->bytes, plain.len));
	check(plain.answers_len == whole->answers_len);
	check(!memcmp(plain.answers, whole->answers, plain.answers_len));
}

/* An even byte of the input asks for echo, an odd one for none, before it is
 * passed on, and one of a sequence's for neither; we and the peer may disagree,
 * but requests alternate until the peer has spoken. */
static void
toggle_echo(const uint8_t *data, size_t size)
{
	static struct output output;
	uint8_t last = WONT;

	memset(&output, 0, sizeof(output));
	for (size_t i = 0; i < size; i++) {
		char request[TELNET_ANSWER_BYTES];
		size_t spoken = output.answers_len;
		uint8_t echo = output.telnet.echo;
		filter(&output, data + i, 1);
		if (output.answers_len != spoken || output.telnet.echo != echo)
			last = 0;
		if (data[i] >= 0x80 ||
		    !telnet_set_echo(&output.telnet, data[i] % 2 == 0, request))
			continue;
		check(output.telnet.seen);
		check((uint8_t)request[1] != last);
		check((uint8_t)request[1] == (data[i] % 2 ? WILL : WONT));
		last = (uint8_t)request[1];
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct output whole;

	if (size == 0 || size > INPUT_BYTES_MAX)
		return 0;
	filter_in_pieces(&whole, data, size, size);
	check(whole.answers_len <= size);
	check_plainly(&whole, data, size);
	if (memchr(data, IAC, size) == NULL)
		check(!whole.telnet.seen);
	compare(&whole, data, size, 1);
	compare(&whole, data, size, 2);
	compare(&whole, data, size, 1 + data[0]);
	toggle_echo(data, size);
	return 0;
}
