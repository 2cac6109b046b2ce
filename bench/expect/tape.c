/*
 * The ring holds the newest bytes; offsets count from the tape's beginning and
 * never wrap. Its memory is mapped twice in a row, so that any span of it is
 * contiguous.
 */
#include "bench/expect/tape.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "reactor/check.h"

#define ENTRIES (16 * 1024) /* to begin with */

static char *
ring_new(size_t bytes)
{
	int fd = memfd_create("throng-bench", MFD_CLOEXEC);
	char *ring = mmap(NULL, 2 * bytes, PROT_NONE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	check((bytes & (bytes - 1)) == 0);
	if (fd < 0 || ring == MAP_FAILED || ftruncate(fd, (off_t)bytes) < 0)
		err(EXIT_FAILURE, "memory for the tape");
	for (char *half = ring; half < ring + 2 * bytes; half += bytes)
		if (mmap(half, bytes, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED)
			err(EXIT_FAILURE, "memory for the tape");
	close(fd);
	return ring;
}

static char *
ring_at(const struct tape *tape, uint64_t offset)
{
	return tape->ring + (offset & (tape->ring_bytes - 1));
}

/* Where an entry's frame begins, and the one behind the newest would. */
static uint64_t
tape_offset(const struct tape *tape, uint64_t index)
{
	if (index == tape->ring_first)
		return tape->ring_from;
	return tape->entries[index - 1].end;
}

static bool
is_in_ring(const struct tape *tape, uint64_t index)
{
	if (index < tape->ring_first || index >= tape->count)
		return false;
	return tape->head - tape_offset(tape, index) <= tape->ring_bytes;
}

static void
tape_put_entry(struct tape *tape, const struct tape_entry *entry)
{
	if (tape->count == tape->size) {
		tape->size *= 2;
		tape->entries =
		    realloc(tape->entries, tape->size * sizeof *tape->entries);
		if (!tape->entries)
			err(EXIT_FAILURE, "memory for the tape");
	}
	tape->entries[tape->count++] = *entry;
}

/* A member is ahead: how long what it has not heard is cannot be known, so the
 * ring begins anew behind that. */
static void
tape_leave_unknown(struct tape *tape, uint64_t until)
{
	static const struct tape_entry unknown;

	if (tape->count == until)
		return;
	for (; tape->count < until; tape->unknown++)
		tape_put_entry(tape, &unknown);
	tape->ring_first = until;
	tape->ring_from = tape->head;
}

/* The frame that a payload comes in, into tape->expected. */
static struct span
tape_render(struct tape *tape, const struct payload *payload)
{
	const struct tape_voice *voice = &tape->voices[payload->publisher];
	char *at = tape->expected;

	memcpy(at, voice->around, voice->head_len);
	at += voice->head_len;
	payload_render(payload, at, tape->text_bytes);
	at += tape->text_bytes;
	memcpy(at, voice->around + voice->head_len, voice->tail_len);
	at += voice->tail_len;
	return (struct span){tape->expected, (size_t)(at - tape->expected)};
}

/* The first message of a publisher shows what is around all of them. */
static bool
voice_learn(struct tape_voice *voice, const struct tape_frame *frame)
{
	size_t head = (size_t)(frame->text.at - frame->bytes.at);
	size_t tail = frame->bytes.len - head - frame->text.len;

	if (head + tail > sizeof voice->around)
		return false;
	memcpy(voice->around, frame->bytes.at, head);
	memcpy(voice->around + head, frame->text.at + frame->text.len, tail);
	voice->head_len = (uint16_t)head;
	voice->tail_len = (uint16_t)tail;
	return true;
}

static bool
voice_agrees(const struct tape_voice *voice, const struct tape_frame *frame)
{
	const char *tail = frame->text.at + frame->text.len;
	size_t around = frame->bytes.len - frame->text.len;

	return (size_t)(frame->text.at - frame->bytes.at) == voice->head_len &&
	       around == (size_t)voice->head_len + voice->tail_len &&
	       !memcmp(frame->bytes.at, voice->around, voice->head_len) &&
	       !memcmp(tail, voice->around + voice->head_len, voice->tail_len);
}

/* What is right of a text alone, wherever it stands. */
static bool
tape_knows(struct tape *tape, const struct tape_frame *frame,
    struct payload *payload, struct span *expected)
{
	struct tape_voice *voice;

	*expected = span_of("a message of this run");
	if (frame->text.len != tape->text_bytes ||
	    !payload_parse(frame->text, payload) || payload->number == 0 ||
	    payload->publisher >= tape->voice_count)
		return false;
	voice = &tape->voices[payload->publisher];
	if (voice->head_len + voice->tail_len == 0 &&
	    !voice_learn(voice, frame))
		return false;
	if (tape->varies || voice_agrees(voice, frame))
		return true;
	*expected = tape_render(tape, payload);
	return false;
}

/* The tape has an entry here: it must be this one, or one not known yet. */
static bool
tape_compare(struct tape *tape, struct tape_entry *entry,
    const struct payload *payload, struct span *expected)
{
	struct payload known = {
	    entry->due_ns, entry->number, (uint16_t)entry->publisher};
	struct tape_voice *voice = &tape->voices[payload->publisher];

	if (entry->number == 0) {
		if (voice->last < payload->number)
			voice->last = payload->number;
		entry->due_ns = payload->due_ns;
		entry->number = payload->number;
		entry->publisher = payload->publisher;
		tape->unknown--;
		return true;
	}
	if (known.publisher == payload->publisher &&
	    known.number == payload->number && known.due_ns == payload->due_ns)
		return true;
	*expected = tape_render(tape, &known);
	return false;
}

/* Nobody has heard this one: it must be its publisher's next, unless some
 * before it are unknown still. */
static bool
tape_append(struct tape *tape, const struct tape_frame *frame,
    const struct payload *payload, struct span *expected)
{
	struct tape_voice *voice = &tape->voices[payload->publisher];
	struct tape_entry entry = {
	    .end = tape->head + frame->bytes.len,
	    .due_ns = payload->due_ns,
	    .number = payload->number,
	    .publisher = payload->publisher,
	};

	if (payload->number <= voice->last) {
		*expected = span_of("a message that was not heard before");
		return false;
	}
	if (tape->unknown == 0 && payload->number != voice->last + 1) {
		*expected = span_of("the publisher's next message");
		return false;
	}
	voice->last = payload->number;
	memcpy(ring_at(tape, tape->head), frame->bytes.at, frame->bytes.len);
	tape->head = entry.end;
	tape_put_entry(tape, &entry);
	return true;
}

void
tape_init(struct tape *tape, const struct tape_size *size)
{
	check(size->text_bytes <= PAYLOAD_BYTES_MAX);
	check(size->ring_bytes >= TAPE_FRAME_BYTES_MAX);
	*tape = (struct tape){
	    .entries = malloc(ENTRIES * sizeof *tape->entries),
	    .size = ENTRIES,
	    .ring_bytes = size->ring_bytes,
	    .ring = ring_new(size->ring_bytes),
	    .voices = calloc(size->publishers, sizeof *tape->voices),
	    .voice_count = size->publishers,
	    .text_bytes = size->text_bytes,
	    .varies = size->varies,
	};
	if (!tape->entries || !tape->voices)
		err(EXIT_FAILURE, "memory for the tape");
}

void
tape_fini(struct tape *tape)
{
	check_zero(munmap(tape->ring, 2 * tape->ring_bytes));
	free(tape->voices);
	free(tape->entries);
	tape->ring = NULL;
	tape->voices = NULL;
	tape->entries = NULL;
}

size_t
tape_match(const struct tape *tape, uint64_t *heard, struct span bytes)
{
	uint64_t index = *heard;
	uint64_t from, at;
	const char *ring;
	size_t most;
	bool all;

	if (!is_in_ring(tape, index))
		return 0;
	from = at = tape_offset(tape, index);
	ring = ring_at(tape, from);
	most = tape->head - from < bytes.len ? tape->head - from : bytes.len;
	all = !memcmp(ring, bytes.at, most);
	for (; index < tape->count; index++) {
		uint64_t end = tape->entries[index].end;

		if (end - from > most)
			break;
		if (!all && memcmp(ring + (at - from), bytes.at + (at - from),
				end - at) != 0)
			break;
		at = end;
	}
	*heard = index;
	return at - from;
}

/* Are they the bytes that the first to hear this has heard? */
static bool
is_as_heard(const struct tape *tape, uint64_t index, struct span bytes,
    struct span *expected)
{
	uint64_t from = tape_offset(tape, index);

	*expected = (struct span){
	    ring_at(tape, from), (size_t)(tape->entries[index].end - from)};
	return span_equals(bytes, *expected);
}

bool
tape_accept(struct tape *tape, uint64_t heard, const struct tape_frame *frame,
    struct span *expected)
{
	struct payload payload;

	if (!tape_knows(tape, frame, &payload, expected))
		return false;
	if (tape->varies && is_in_ring(tape, heard) &&
	    !is_as_heard(tape, heard, frame->bytes, expected))
		return false;
	if (heard < tape->count)
		return tape_compare(
		    tape, &tape->entries[heard], &payload, expected);
	if (heard - tape->count > TAPE_SKIPPED_MAX) {
		*expected = span_of("a message, after a gap that can be");
		return false;
	}
	tape_leave_unknown(tape, heard);
	return tape_append(tape, frame, &payload, expected);
}

const char *
tape_audit(const struct tape *tape, const uint32_t published[])
{
	uint32_t *last = calloc(tape->voice_count, sizeof *last);
	const char *wrong = NULL;
	uint64_t all = 0;

	if (!last)
		err(EXIT_FAILURE, "memory");
	for (unsigned i = 0; i < tape->voice_count; i++)
		all += published[i];
	if (tape->count > all)
		wrong = "the room had more messages than were sent";
	for (size_t i = 0; i < tape->count && !wrong; i++) {
		const struct tape_entry *entry = &tape->entries[i];

		if (entry->number == 0)
			continue;
		if (entry->number <= last[entry->publisher])
			wrong = "a publisher's messages are out of its order";
		else if (entry->number > published[entry->publisher])
			wrong = "a message was heard that was not sent";
		last[entry->publisher] = entry->number;
	}
	free(last);
	return wrong;
}

bool
tape_same_order(const struct tape *a, const struct tape *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		const struct tape_entry *x = &a->entries[i];
		const struct tape_entry *y = &b->entries[i];

		if (x->number == 0 || y->number == 0)
			continue;
		if (x->number != y->number || x->publisher != y->publisher ||
		    x->due_ns != y->due_ns)
			return false;
	}
	return true;
}
