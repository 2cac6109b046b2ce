/*
 * What threads share, under ThreadSanitizer: Criterion's runner maps memory
 * where the sanitizer has its shadow, so this is a program of its own. Each
 * story ends the process by check() when it goes wrong, and the sanitizer ends
 * it with status 66 when it sees a race.
 */
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "reactor/blob.h"
#include "reactor/check.h"
#include "reactor/counters.h"
#include "reactor/log.h"
#include "reactor/log_flood.h"
#include "reactor/mailbox.h"
#include "reactor/memory.h"
#include "reactor/worker.h"

#define SENDERS  4
#define MESSAGES 250000u /* of each sender */
#define BURST    16
#define JOBS     20000u
#define PARCELS  5000u
#define REMARKS  20000u

struct letter {
	struct envelope envelope;
	unsigned sender;
	unsigned number;
};

struct post_office {
	struct mailbox mailbox;
	unsigned next[SENDERS]; /* number that is due; the owner's */
	unsigned received;
};

struct sender {
	struct post_office *office;
	unsigned index;
};

static void
letter_arrives(struct envelope *envelope, void *owner)
{
	struct letter *letter = (struct letter *)envelope;
	struct post_office *office = owner;

	/* None lost, none twice, none before its elder. */
	check(letter->number == office->next[letter->sender]);
	office->next[letter->sender]++;
	office->received++;
	free(letter);
}

/* By ones and in bursts, by turns. */
static void *
sender_main(void *argument)
{
	struct sender *sender = argument;
	struct outbox outbox = {0};

	for (unsigned i = 0; i < MESSAGES; i++) {
		struct letter *letter = memory_new(sizeof(*letter));

		letter->envelope.handle = letter_arrives;
		letter->sender = sender->index;
		letter->number = i;
		if (i / BURST % 2 == 0) {
			mailbox_push(
			    &sender->office->mailbox, &letter->envelope);
			continue;
		}
		outbox_add(&outbox, &letter->envelope);
		if (i % BURST == BURST - 1)
			mailbox_push_all(&sender->office->mailbox, &outbox);
	}
	mailbox_push_all(&sender->office->mailbox, &outbox);
	return NULL;
}

/* The owner sleeps on the bell alone: a lost ring would be its last sleep. */
static void
senders_lose_double_and_reorder_nothing(void)
{
	static struct post_office office;
	struct sender senders[SENDERS];
	pthread_t threads[SENDERS];
	struct pollfd bell;

	check_zero(mailbox_init(&office.mailbox));
	bell = (struct pollfd){.fd = office.mailbox.bell, .events = POLLIN};
	for (unsigned i = 0; i < SENDERS; i++) {
		senders[i] = (struct sender){&office, i};
		check_zero(pthread_create(
		    &threads[i], NULL, sender_main, &senders[i]));
	}
	while (office.received < SENDERS * MESSAGES) {
		check(poll(&bell, 1, 60000) == 1);
		mailbox_hush(&office.mailbox);
		mailbox_drain(&office.mailbox, &office);
	}
	for (unsigned i = 0; i < SENDERS; i++)
		check_zero(pthread_join(threads[i], NULL));
	mailbox_fini(&office.mailbox);
}

struct errand {
	struct job job;
	counter *done;
};

static void
errands_run(struct list *jobs, void *context)
{
	struct list *link;

	(void)context;
	while ((link = list_take_first(jobs)) != NULL) {
		struct errand *errand =
		    list_entry(link, struct errand, job.link);

		/* Pairs with the read after the threads were joined. */
		atomic_fetch_add_explicit(
		    errand->done, 1, memory_order_relaxed);
		free(errand);
	}
}

static void
errand_drop(struct job *job, void *context)
{
	(void)context;
	free(list_entry(&job->link, struct errand, job.link));
}

struct crowd {
	struct worker_pool *pool;
	counter done;
};

static void *
submitter_main(void *argument)
{
	struct crowd *crowd = argument;

	for (unsigned i = 0; i < JOBS; i++) {
		struct errand *errand = memory_new(sizeof(*errand));

		list_init(&errand->job.link);
		errand->done = &crowd->done;
		check(worker_submit(crowd->pool, &errand->job));
	}
	return NULL;
}

static void
crowd_of_submitters_gets_each_job_run_once(void)
{
	static struct crowd crowd;
	struct worker_config config = {
	    .name = "race",
	    .threads = 3,
	    .batch_max = 7,
	    .queue_max = SENDERS * JOBS,
	    .run = errands_run,
	    .drop = errand_drop,
	};
	pthread_t threads[SENDERS];

	crowd.pool = worker_pool_new(&config);
	check(crowd.pool);
	for (unsigned i = 0; i < SENDERS; i++)
		check_zero(
		    pthread_create(&threads[i], NULL, submitter_main, &crowd));
	for (unsigned i = 0; i < SENDERS; i++)
		check_zero(pthread_join(threads[i], NULL));
	worker_pool_free(&crowd.pool);
	check(counter_read(&crowd.done) == SENDERS * JOBS);
}

/* Reads, and gives its reference back: the last one of many frees. */
static void *
holder_main(void *argument)
{
	struct parcel **parcels = argument;

	for (unsigned i = 0; i < PARCELS; i++) {
		check(parcels[i]->bytes[0] == 'x');
		parcel_unref(parcels[i]);
	}
	return NULL;
}

static void
parcel_of_many_threads_is_freed_by_the_last(void)
{
	static struct parcel *parcels[PARCELS];
	pthread_t threads[SENDERS];

	for (unsigned i = 0; i < PARCELS; i++) {
		parcels[i] = parcel_new(8);
		parcels[i]->bytes[0] = 'x';
		for (unsigned holder = 1; holder < SENDERS; holder++)
			parcel_ref(parcels[i]);
	}
	for (unsigned i = 0; i < SENDERS; i++)
		check_zero(
		    pthread_create(&threads[i], NULL, holder_main, parcels));
	for (unsigned i = 0; i < SENDERS; i++)
		check_zero(pthread_join(threads[i], NULL));
}

static void
remark_taken(void *context, const char *line)
{
	check(line[0] == '2' || line[0] == '{');
	++*(unsigned *)context;
}

static void *
talker_main(void *argument)
{
	const char *event = argument;

	for (unsigned i = 0; i < REMARKS; i++) {
		log_info(event, LOG_NUMBER("number", i));
		log_set_format(i % 2 ? LOG_FORMAT_TEXT : LOG_FORMAT_JSON);
	}
	return NULL;
}

/* They flood it, too: most is summed up. */
static void
talkers_share_a_log_with_its_thread(void)
{
	static const char *const events[SENDERS] = {"one", "two", "one", "two"};
	unsigned taken = 0;
	struct log_config config = {
	    .sink = remark_taken, .context = &taken, .level = LOG_LEVEL_INFO};
	char error[LOG_ERROR_BYTES];
	pthread_t threads[SENDERS];

	check_zero(log_start(&config, error));
	for (unsigned i = 0; i < SENDERS; i++)
		check_zero(pthread_create(
		    &threads[i], NULL, talker_main, (void *)events[i]));
	for (unsigned i = 0; i < REMARKS; i++) {
		log_set_level(i % 2 ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG);
		check_zero(log_reopen(NULL, error));
	}
	for (unsigned i = 0; i < SENDERS; i++)
		check_zero(pthread_join(threads[i], NULL));
	log_stop();
	check(taken >= 2 * LOG_FLOOD_LINES);
}

int
main(void)
{
	senders_lose_double_and_reorder_nothing();
	crowd_of_submitters_gets_each_job_run_once();
	parcel_of_many_threads_is_freed_by_the_last();
	talkers_share_a_log_with_its_thread();
	puts("races: none seen");
	return 0;
}
