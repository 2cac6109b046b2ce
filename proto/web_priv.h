/* What the files of proto/web*.c share. */
#ifndef PROTO_WEB_PRIV_H
#define PROTO_WEB_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/input.h"
#include "proto/wire/frame.h"
#include "proto/wire/request.h"

struct session;
struct wslay_frame_context;

#define WEB_MAGIC 0x3eb50c7eu

/* Why a WebSocket ends (RFC 6455, section 7.4.1). */
enum web_end {
	WEB_END_NORMAL = 1000,
	WEB_END_GOING_DOWN = 1001,
	WEB_END_PROTOCOL = 1002,
	WEB_END_BINARY = 1003,
	WEB_END_NOT_UTF8 = 1007,
	WEB_END_TOO_BIG = 1009,
};

struct web_socket {
	/* wslay's, with a buffer of 4 KiB: owned, and only there while it holds
	 * some of a frame. */
	struct wslay_frame_context *frames;
	size_t inside; /* bytes that it was given and are not done with */
	char *coming;  /* what it is to be given next; borrowed */
	size_t coming_len;
	size_t frame_bytes;   /* of the frame that is being read, 0: none is */
	size_t left;          /* of that, payload that has not come */
	struct input message; /* of the fragments so far, what may be a line */
	uint32_t message_len; /* all of them */
	bool in_message;      /* there were some */
	bool has_message;     /* it is whole, and not handled yet */
	uint8_t control_len;
	char control[FRAME_CONTROL_BYTES_MAX]; /* payload of ping or close */
};

struct web {
	uint32_t magic;
	uint32_t heard_ms; /* when something came last, the clock's low bits */
	uint32_t scanned;  /* of kept input: no head of a request ends there */
	uint8_t requests;  /* answered */
	bool pinged;       /* and nothing has come since */
	struct web_socket socket;
};

/* An answer by HTTP; what is not set is left out. */
struct web_answer {
	int status;
	const char *type; /* of the body */
	struct span body;
	const char *headers; /* more of them, each with CR LF */
};

/* Sends it; without the body, if HEAD was asked for, and for 304. Unless
 * `keeps` the connection ends with it. */
void web_send_answer(struct session *session, const struct web_answer *answer,
    bool is_head, bool keeps);

/* One that only says what is wrong, and ends the connection. */
void web_refuse(struct session *session, int status, bool is_head);

/* Is this host one that only we can have been meant by? */
bool web_host_is_ours(const struct session *session, struct span host);

/* May this request open a WebSocket, as far as where its page is from? Who may
 * not is logged. */
bool
web_may_enter(const struct session *session, const struct request *request);

/* The answer to a request to become a WebSocket: then it is one. */
void web_upgrade(struct session *session, const struct request *request);

/* web_pump, once it is a WebSocket: handles frames until a message has to wait
 * or no more have come; returns the bytes that are done with, which are wiped.
 */
size_t web_socket_pump(struct session *session, char *bytes, size_t len);

/* Frees what it holds of a frame and of a message, and wipes that. */
void web_socket_fini(struct web_socket *socket);

/* Sends a ping. */
void web_socket_ping(struct session *session);

/* Sends word of the end; nothing else may follow. */
void web_socket_say_end(struct session *session, enum web_end why);

#endif
