/*
 * Rooms once more, as simple as they can be told: one thread, one command at a
 * time, nothing forgotten. It is told what every client sends and predicts each
 * line that any client gets for that, in the format this client has asked for.
 * Where the protocol promises no order, the lines are a group.
 *
 * It knows no passwords (a login succeeds), no limits of output or rate, and
 * not the hour after which an empty room goes; the rest is the protocol's.
 */
#ifndef TESTS_KIT_MODEL_H
#define TESTS_KIT_MODEL_H

#include <stdbool.h>
#include <stddef.h>

enum {
	MODEL_CLIENTS = 8,
	MODEL_ROOMS = 64,
	MODEL_NAME_BYTES = 33,
	MODEL_TIME_BYTES = 24, /* 2026-01-31T12:00:00.123Z */
	MODEL_TOPIC_BYTES = 400,
	MODEL_LINE_BYTES = 4096,
};

/* A message to a room, or to a user. */
struct model_message {
	unsigned long seq; /* 0 for one to a user */
	char from[MODEL_NAME_BYTES];
	unsigned long id;
	char *text;                      /* owned */
	char time[MODEL_TIME_BYTES + 1]; /* empty until somebody was told */
	struct model_message *next;      /* of all there were */
};

/* What is left of it, and to whom. The lobby is the first one. */
struct model_room {
	bool exists;
	char name[MODEL_NAME_BYTES];
	char topic[MODEL_TOPIC_BYTES + 1];
	struct model_message **said; /* owned array; message N at N - 1 */
	size_t said_count, said_cap;
	bool member[MODEL_CLIENTS];
	/* From this number on a member was sent all, as a member. */
	unsigned long from[MODEL_CLIENTS];
};

enum model_kind {
	MODEL_OK,
	MODEL_ERR,
	MODEL_CLIENT_ITEM,
	MODEL_ROOM_ITEM,
	MODEL_ECHO,
	MODEL_MESSAGE,
	MODEL_DIRECT,
	MODEL_JOIN,
	MODEL_LEAVE,
	MODEL_NOTICE,
};

/* Something that a client is told; unused fields are zero. */
struct model_event {
	enum model_kind kind;
	bool unordered;   /* among the others that the command brings it */
	const char *code; /* ERR */
	const char *room; /* without # */
	const char *name; /* with id: who */
	unsigned long id;
	unsigned long members, seq; /* OK with a room; an item's members */
	const char *text;
	char *time; /* a message's, to be noted and compared */
};

/* A line that is owed. */
struct model_line {
	char *text;     /* owned; a pattern, see model_lines.c */
	char *time;     /* borrowed from the message, or NULL */
	unsigned group; /* the same one: in any order; 0: this one is next */
};

struct model_client {
	bool connected, user, json;
	unsigned long id;
	char name[MODEL_NAME_BYTES]; /* as registered */
	struct model_room *current;  /* NULL for none */
	struct model_line *lines;    /* owned array */
	size_t line_count, line_cap;
};

struct model {
	const char *const *accounts; /* borrowed; as registered; NULL ends */
	unsigned history;            /* messages that a room keeps */
	struct model_client clients[MODEL_CLIENTS];
	struct model_room rooms[MODEL_ROOMS];
	struct model_message *messages; /* all there were, owned */
	/* The command that is being answered. */
	unsigned number;
	int actor;
	const char *re;
	char tag[MODEL_NAME_BYTES];
	/* It took somebody out of rooms who is not answered for each. */
	bool left_rooms;
};

/* Clients of these accounts; rooms keep so many messages. */
struct model *model_new(const char *const accounts[], unsigned history);
void model_free(struct model *model);

/* A client connects, sends a line (of text, no longer than is allowed), closes.
 * After /quit it is no longer connected either. */
void model_connect(struct model *model, int client, unsigned long id);
void model_command(struct model *model, int client, const char *line);
void model_disconnect(struct model *model, int client);

/* Is this a line that the client may get next? Then it is taken from what is
 * owed to it. */
bool model_take(struct model *model, int client, const char *line);
/* What is owed next, for a message; NULL for nothing. */
const char *model_owed(const struct model *model, int client);
/* Nothing is owed any more. */
void model_forget(struct model *model, int client);

/* The room of this name in any case, with or without #; NULL when there is
 * none. */
struct model_room *model_room(struct model *model, const char *name);

/* For the parts of the model: owes a client the line. */
void
model_tell(struct model *model, int client, const struct model_event *event);
/* To the one whose command it is. */
void model_ok(struct model *model, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void model_err(struct model *model, const char *code);

/* Rooms (model_rooms.c). Arguments are words of the command; a missing one is
 * NULL. */
void model_lobby(struct model *model, int client, bool in);
void model_leave_all(struct model *model, int client);
void model_say(struct model *model, struct model_room *room, const char *text);
void model_do_join(struct model *model, char *const args[]);
void model_do_leave(struct model *model, char *const args[]);
void model_do_say(struct model *model, char *const args[]);
void model_do_topic(struct model *model, char *const args[]);
void model_do_rooms(struct model *model, char *const args[]);
void model_do_who(struct model *model, char *const args[]);
void model_do_history(struct model *model, char *const args[]);
struct model_message *model_message_new(struct model *model, const char *text);

#endif
