#include "bench/expect/ledger.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "reactor/check.h"

static struct ledger_entry *
entry_at(const struct ledger *ledger, uint64_t seq)
{
	return &ledger->ring[seq & (ledger->size - 1)];
}

static bool
is_same(const struct ledger_message *a, const struct ledger_message *b)
{
	return a->voice == b->voice && a->number == b->number &&
	       a->mark == b->mark;
}

static struct ledger_voice *
voice_of(const struct ledger *ledger, uint32_t index)
{
	struct ledger_voice *voice = &ledger->voices[index];

	if (voice->life != ledger->life) {
		memset(voice, 0, sizeof *voice);
		voice->life = ledger->life;
		voice->jumps = ledger->jumps;
	}
	return voice;
}

/* The sender's side of a message, all before it having been audited. */
static const char *
audit(struct ledger *ledger, const struct ledger_message *message)
{
	struct ledger_voice *voice = voice_of(ledger, message->voice);
	bool jumped = voice->jumps != ledger->jumps;
	uint32_t next;

	voice->jumps = ledger->jumps;
	for (size_t i = 0; i < LEDGER_CONNECTIONS; i++) {
		if (message->number < voice->connections[i].first ||
		    message->number >= voice->connections[i].end)
			continue;
		next = voice->connections[i].next;
		if (message->number < next)
			return "no message of a sender twice, or out of its "
			       "order";
		if (message->number > next && !jumped)
			return "the sender's messages before this one";
		voice->connections[i].next = message->number + 1;
		return NULL;
	}
	return "nothing that nobody has said";
}

/* Audits what is known without a hole before it. What is wrong is forgotten:
 * others may hear better. */
static const char *
audit_known(struct ledger *ledger)
{
	const char *wrong;

	for (uint64_t seq = ledger->audited + 1; seq <= ledger->top; seq++) {
		struct ledger_entry *entry = entry_at(ledger, seq);

		if (entry->seq != seq)
			break;
		wrong = audit(ledger, &entry->message);
		if (wrong) {
			entry->seq = 0;
			return wrong;
		}
		ledger->audited = seq;
	}
	return NULL;
}

/* What is to leave the ring for `seq`, and was not audited, never will be. */
static void
jump_before(struct ledger *ledger, uint64_t seq)
{
	if (seq <= ledger->audited + ledger->size)
		return;
	ledger->unchecked += seq - ledger->size - ledger->audited;
	ledger->audited = seq - ledger->size;
	ledger->jumps++;
}

void
ledger_init(struct ledger *ledger, unsigned life, size_t size,
    struct ledger_voice *voices)
{
	struct ledger_entry *ring = ledger->ring;
	uint64_t unchecked = ledger->unchecked;

	check(size > 0);
	check((size & (size - 1)) == 0);
	check(!ring || size == ledger->size);
	if (ring)
		memset(ring, 0, size * sizeof *ring);
	else
		ring = calloc(size, sizeof *ring);
	if (!ring)
		err(EXIT_FAILURE, "memory for what is said");
	*ledger = (struct ledger){
	    .ring = ring,
	    .size = size,
	    .voices = voices,
	    .life = life,
	    .unchecked = unchecked,
	};
}

void
ledger_fini(struct ledger *ledger)
{
	free(ledger->ring);
	*ledger = (struct ledger){0};
}

void
ledger_connect(struct ledger *ledger, uint32_t index, uint32_t number)
{
	struct ledger_voice *voice = voice_of(ledger, index);

	/* Nothing said in the last one: that is one and the same to us. */
	if (voice->connections[0].end == number &&
	    voice->connections[0].first == number)
		return;
	memmove(&voice->connections[1], &voice->connections[0],
	    sizeof voice->connections - sizeof voice->connections[0]);
	voice->connections[0].first = number;
	voice->connections[0].next = number;
	voice->connections[0].end = number;
}

void
ledger_say(struct ledger *ledger, uint32_t index, uint32_t number)
{
	struct ledger_voice *voice = voice_of(ledger, index);

	check(voice->connections[0].end == number);
	voice->connections[0].end = number + 1;
}

const char *
ledger_hear(
    struct ledger *ledger, uint64_t seq, const struct ledger_message *message)
{
	uint64_t top = ledger->top;
	struct ledger_entry *entry;
	const char *wrong;

	if (seq == 0)
		return "a number from 1 on";
	if (seq + ledger->size <= ledger->top) {
		ledger->unchecked++;
		return NULL;
	}
	entry = entry_at(ledger, seq);
	if (entry->seq == seq)
		return is_same(&entry->message, message)
			   ? NULL
			   : "the message that others have heard in this place";
	jump_before(ledger, seq);
	*entry = (struct ledger_entry){seq, *message};
	if (seq > top)
		ledger->top = seq;
	wrong = audit_known(ledger);
	if (wrong && entry->seq == 0)
		ledger->top = top;
	return wrong;
}

void
ledger_close(struct ledger *ledger)
{
	ledger->unchecked += ledger->top - ledger->audited;
	ledger->audited = ledger->top;
}
