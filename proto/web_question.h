/*
 * A question that a browser, or Prometheus, asks by HTTP and that the main
 * thread answers: what is counted. It goes there by mailbox, and comes back the
 * same way; the connection may have gone by then.
 */
#ifndef PROTO_WEB_QUESTION_H
#define PROTO_WEB_QUESTION_H

#include <stdbool.h>

#include "proto/wire/request.h"
#include "reactor/conn.h"
#include "reactor/mailbox.h"

struct reactor;
struct session;

struct web_question {
	struct envelope envelope; /* first */
	struct conn_handle client;
	struct reactor *reactor; /* that asks; borrowed */
	bool is_head;
	bool keeps;
	char *text; /* the answer; owned */
	size_t len;
	const char *type; /* of its content; constant */
};

/* The session asks, and holds its input until the answer is there. The
 * reactor's thread. */
void
web_ask(struct session *session, const struct request *request, bool keeps);

/* The answer is in it: back to who has asked. The main thread, as long as the
 * reactors run. */
void web_question_return(struct web_question *question);

/* Nobody is there any more to be answered. */
void web_question_free(struct web_question *question);

#endif
