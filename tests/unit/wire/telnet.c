/*
 * Telnet's sequences go, the text stays, and the answers are those of RFC 1143,
 * wherever the input is split; also with the line framer behind it.
 */
#include <criterion/criterion.h>

#include "proto/wire/line.h"
#include "proto/wire/telnet.h"

#define IAC  "\xFF"
#define DONT "\xFE"
#define DO   "\xFD"
#define WONT "\xFC"
#define WILL "\xFB"
#define SB   "\xFA"
#define SE   "\xF0"
#define NOP  "\xF1"
#define ECHO "\x01"

/* A connection with telnet and lines: what each of them has given. */
struct peer {
	struct telnet telnet;
	struct line_framer framer;
	char data[1024];
	size_t data_len;
	size_t taken; /* of data, by the framer */
	char answers[1024];
	size_t answers_len;
	char lines[1024]; /* "text|", and "?|" for bad text */
};

static void
keep_answer(void *context, const char answer[TELNET_ANSWER_BYTES])
{
	struct peer *peer = context;

	cr_assert_leq(peer->answers_len + 3, sizeof(peer->answers));
	memcpy(peer->answers + peer->answers_len, answer, 3);
	peer->answers_len += 3;
}

static void
peer_take_lines(struct peer *peer)
{
	for (;;) {
		struct span line;
		size_t consumed;
		enum line_result result =
		    line_next(&peer->framer, peer->data + peer->taken,
			peer->data_len - peer->taken, &consumed, &line);
		peer->taken += consumed;
		if (result == LINE_MORE)
			return;
		if (result != LINE_OK)
			line = span_of("?");
		strncat(peer->lines, line.at, line.len);
		strcat(peer->lines, "|");
	}
}

static void
peer_send(struct peer *peer, const char *bytes, size_t len)
{
	char *at = peer->data + peer->data_len;
	size_t left;

	cr_assert_leq(peer->data_len + len + 1, sizeof(peer->data));
	memcpy(at, bytes, len);
	left = telnet_filter(&peer->telnet, at, len, keep_answer, peer);
	peer->data_len += left;
	if (peer->telnet.stray) {
		memmove(at + 1, at, left);
		at[0] = '\xFF';
		peer->data_len++;
		peer->telnet.stray = false;
	}
	peer_take_lines(peer);
}

static void
expect_peer(const struct peer *peer, struct span data, struct span answers)
{
	struct span got_data = {peer->data, peer->data_len};
	struct span got_answers = {peer->answers, peer->answers_len};

	cr_assert(span_equals(got_data, data));
	cr_assert(span_equals(got_answers, answers));
}

/* Whole, byte by byte and cut at every position. */
static void
expect_filtered(struct span input, struct span data, struct span answers)
{
	struct peer bytewise = {0};

	for (size_t cut = 0; cut <= input.len; cut++) {
		struct peer peer = {0};
		peer_send(&peer, input.at, cut);
		peer_send(&peer, input.at + cut, input.len - cut);
		expect_peer(&peer, data, answers);
	}
	for (size_t i = 0; i < input.len; i++)
		peer_send(&bytewise, input.at + i, 1);
	expect_peer(&bytewise, data, answers);
}

#define SPAN(literal) ((struct span){(literal), sizeof(literal) - 1})
#define EXPECT_FILTERED(input, data, answers)                                  \
	expect_filtered(SPAN(input), SPAN(data), SPAN(answers))

static void
expect_lines(struct span input, const char *lines)
{
	struct peer bytewise = {0};

	for (size_t cut = 0; cut <= input.len; cut++) {
		struct peer peer = {0};
		peer_send(&peer, input.at, cut);
		peer_send(&peer, input.at + cut, input.len - cut);
		cr_assert_str_eq(peer.lines, lines, "cut at %zu", cut);
	}
	for (size_t i = 0; i < input.len; i++)
		peer_send(&bytewise, input.at + i, 1);
	cr_assert_str_eq(bytewise.lines, lines);
}

#define EXPECT_LINES(input, lines) expect_lines(SPAN(input), (lines))

Test(telnet, text_without_iac_is_left_alone)
{
	struct peer peer = {0};

	EXPECT_FILTERED("", "", "");
	EXPECT_FILTERED("hello\r\nthere\r\0", "hello\r\nthere\r\0", "");
	EXPECT_FILTERED("\xF0\x9F\x98\x80\xFE", "\xF0\x9F\x98\x80\xFE", "");
	peer_send(&peer, "hello\n", 6);
	cr_assert_not(peer.telnet.seen);
}

Test(telnet, two_byte_commands_are_dropped)
{
	for (int command = 236; command < 250; command++) {
		char input[] = {'a', '\xFF', (char)command, 'b'};
		expect_filtered((struct span){input, 4}, SPAN("ab"), SPAN(""));
	}
}

Test(telnet, escaped_iac_is_one_byte_of_data)
{
	EXPECT_FILTERED("a" IAC IAC "b",
	    "a\xFF"
	    "b",
	    "");
	EXPECT_FILTERED(IAC IAC IAC IAC IAC NOP, "\xFF\xFF", "");
}

Test(telnet, every_option_asked_of_us_is_refused)
{
	for (int option = 0; option <= 0xFF; option++) {
		char input[] = {'a', '\xFF', '\xFD', (char)option, 'b'};
		char answer[] = {'\xFF', '\xFC', (char)option};
		expect_filtered((struct span){input, 5}, SPAN("ab"),
		    (struct span){answer, 3});
	}
}

Test(telnet, every_option_offered_is_refused)
{
	for (int option = 0; option <= 0xFF; option++) {
		char input[] = {'a', '\xFF', '\xFB', (char)option, 'b'};
		char answer[] = {'\xFF', '\xFE', (char)option};
		expect_filtered((struct span){input, 5}, SPAN("ab"),
		    (struct span){answer, 3});
	}
}

Test(telnet, options_that_are_off_need_no_answer)
{
	for (int option = 0; option <= 0xFF; option++) {
		char input[] = {'\xFF', '\xFC', (char)option, 'a', '\xFF',
		    '\xFE', (char)option, 'b'};
		expect_filtered((struct span){input, 8}, SPAN("ab"), SPAN(""));
	}
}

Test(telnet, subnegotiation_is_dropped_up_to_its_end)
{
	EXPECT_FILTERED("a" IAC SB "\x18\x00xterm" IAC SE "b", "ab", "");
	EXPECT_FILTERED("a" IAC SB "\x1F" IAC IAC SE "x" IAC SE "b", "ab", "");
	EXPECT_FILTERED("a" IAC SB SE "\n" IAC NOP "x" IAC SE "b", "ab", "");
	EXPECT_FILTERED(IAC SB IAC DO ECHO IAC SE "b", "b", "");
}

Test(telnet, answers_come_in_order)
{
	EXPECT_FILTERED(IAC DO "\x03" IAC WILL "\x18hi" IAC DO "\x22\n", "hi\n",
	    IAC WONT "\x03" IAC DONT "\x18" IAC WONT "\x22");
}

Test(telnet, stray_iac_is_never_text)
{
	EXPECT_LINES("caf" IAC "e\nnext\n", "?|next|");
	EXPECT_LINES("caf" IAC "\r\nnext\n", "?|next|");
	EXPECT_LINES("caf" IAC IAC "\nnext\n", "?|next|");
	EXPECT_LINES(IAC "\xC3\xA9\nnext\n", "?|next|");
}

/* There is no room for both when the LF comes alone: the caller makes it. */
Test(telnet, stray_iac_before_lf_keeps_the_line_ending)
{
	EXPECT_LINES("caf" IAC "\nnext\n", "?|next|");
	EXPECT_LINES(IAC "\n" IAC "\nnext\n", "?|?|next|");
}

Test(telnet, sequences_inside_lines_do_not_show)
{
	EXPECT_LINES(IAC DO "\x03" IAC WILL "\x18one\r\0", "one|");
	EXPECT_LINES("o" IAC NOP "ne\r" IAC NOP "\ntwo\r" IAC SB
		     "\x18\x00" IAC SE "\0three\n",
	    "one|two|three|");
	EXPECT_LINES("\xC3" IAC NOP "\xA9\n", "\xC3\xA9|");
}

/* Echo. `e` we offer to echo, `r` we resume; the peer says `D` DO ECHO, `N`
 * DONT ECHO. What we send is `W` WILL ECHO and `w` WONT ECHO. */
static void
expect_dialogue(const char *steps, const char *expected)
{
	struct peer peer = {0};
	char sent[64] = "";

	peer_send(&peer, IAC NOP, 2);
	for (; *steps != '\0'; steps++) {
		char request[TELNET_ANSWER_BYTES];
		if (*steps == 'D')
			peer_send(&peer, IAC DO ECHO, 3);
		else if (*steps == 'N')
			peer_send(&peer, IAC DONT ECHO, 3);
		else if (telnet_set_echo(&peer.telnet, *steps == 'r', request))
			keep_answer(&peer, request);
	}
	for (size_t i = 0; i < peer.answers_len; i += 3) {
		cr_assert_eq(peer.answers[i], '\xFF');
		cr_assert_eq(peer.answers[i + 2], '\x01');
		strcat(sent, peer.answers[i + 1] == '\xFB' ? "W" : "w");
	}
	cr_assert_str_eq(sent, expected);
}

Test(telnet, echo_is_hidden_and_resumed)
{
	expect_dialogue("e", "W");
	expect_dialogue("eD", "W");
	expect_dialogue("eDr", "Ww");
	expect_dialogue("eDrN", "Ww");
	expect_dialogue("eDrNeDrN", "WwWw");
}

Test(telnet, echo_that_is_so_already_is_not_asked_again)
{
	expect_dialogue("r", "");
	expect_dialogue("ee", "W");
	expect_dialogue("eDe", "W");
	expect_dialogue("eDrr", "Ww");
	expect_dialogue("eDrNr", "Ww");
	expect_dialogue("eDD", "W");
}

Test(telnet, echo_not_offered_is_refused_each_time)
{
	expect_dialogue("D", "w");
	expect_dialogue("DD", "ww");
	expect_dialogue("N", "");
	expect_dialogue("eDrND", "Www");
}

Test(telnet, echo_refused_by_the_peer_stays_off)
{
	expect_dialogue("eN", "W");
	expect_dialogue("eNr", "W");
	expect_dialogue("eNe", "WW");
	expect_dialogue("eDN", "Ww");
	expect_dialogue("eDNr", "Ww");
}

Test(telnet, echo_resumed_before_the_answer_waits_for_it)
{
	expect_dialogue("er", "W");
	expect_dialogue("erD", "Ww");
	expect_dialogue("erDN", "Ww");
	expect_dialogue("erDNe", "WwW");
	expect_dialogue("erN", "W");
	expect_dialogue("erNe", "WW");
	expect_dialogue("ere", "W");
	expect_dialogue("ereD", "W");
	expect_dialogue("erer", "W");
	expect_dialogue("ererD", "Ww");
	expect_dialogue("errD", "Ww");
}

Test(telnet, echo_hidden_before_the_answer_waits_for_it)
{
	expect_dialogue("eDre", "Ww");
	expect_dialogue("eDreN", "WwW");
	expect_dialogue("eDreND", "WwW");
	expect_dialogue("eDreNDr", "WwWw");
	expect_dialogue("eDreeN", "WwW");
	expect_dialogue("eDrer", "Ww");
	expect_dialogue("eDrerN", "Ww");
}

Test(telnet, echo_answered_wrongly_does_not_loop)
{
	expect_dialogue("eDrD", "Ww");
	expect_dialogue("eDrDe", "WwW");
	expect_dialogue("eDreD", "Ww");
	expect_dialogue("eDreDr", "Www");
}

Test(telnet, echo_is_not_asked_of_who_speaks_no_telnet)
{
	struct peer peer = {0};
	char request[TELNET_ANSWER_BYTES];

	cr_assert_not(telnet_set_echo(&peer.telnet, false, request));
	peer_send(&peer, "hello\n" IAC "hello\n", 13);
	cr_assert_not(telnet_set_echo(&peer.telnet, false, request));
	peer_send(&peer, IAC DO "\x03", 3);
	cr_assert(telnet_set_echo(&peer.telnet, false, request));
	cr_assert(!memcmp(request, IAC WILL ECHO, 3));
}

Test(telnet, echo_of_the_peer_is_another_option)
{
	struct peer peer = {0};
	char request[TELNET_ANSWER_BYTES];

	peer_send(&peer, IAC WILL ECHO, 3);
	cr_assert(telnet_set_echo(&peer.telnet, false, request));
	peer_send(&peer, IAC WILL ECHO IAC WONT ECHO IAC DO "\x03", 9);
	expect_peer(
	    &peer, SPAN(""), SPAN(IAC DONT ECHO IAC DONT ECHO IAC WONT "\x03"));
	cr_assert_not(telnet_set_echo(&peer.telnet, false, request));
}
