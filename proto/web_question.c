/* Questions to the main thread. */
#include "proto/web_question.h"

#include "proto/session.h"
#include "proto/web_priv.h"
#include "reactor/check.h"
#include "reactor/memory.h"

void
web_ask(struct session *session, const struct request *request, bool keeps)
{
	const struct hub_config *config = session_hub(session)->config;
	struct web_question *question = memory_new(sizeof(*question));

	question->envelope.handle = config->on_question;
	question->client = conn_handle(&session->conn);
	question->reactor = session->conn.reactor;
	question->is_head = request->is_head;
	question->keeps = keeps;
	session_await(session);
	mailbox_push(config->questions, &question->envelope);
}

static void
question_is_back(struct envelope *envelope, void *owner)
{
	struct web_question *question = (struct web_question *)envelope;
	struct hub *hub = owner;
	struct session *session = session_find(hub, question->client);
	struct web_answer answer = {
	    .status = 200,
	    .type = question->type,
	    .body = {question->text, question->len},
	    .headers = "Cache-Control: no-store\r\n",
	};

	check_magic(hub, HUB_MAGIC);
	if (session) {
		web_send_answer(
		    session, &answer, question->is_head, question->keeps);
		session_answered(session);
	}
	web_question_free(question);
}

void
web_question_return(struct web_question *question)
{
	question->envelope.handle = question_is_back;
	reactor_send(question->reactor, &question->envelope);
}

void
web_question_free(struct web_question *question)
{
	free(question->text);
	free(question);
}
