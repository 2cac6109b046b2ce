/*
 * Every bound of the protocol, with its why. What an operator can change is an
 * option instead (console/setting/options.h); these are part of the contract.
 */
#ifndef PROTO_LIMITS_H
#define PROTO_LIMITS_H

/* A line without its ending: a screenful of text, and one page of memory. */
#define LINE_BYTES_MAX 4096

/* Names show in every message, so they are short; shells and file names take
 * all the characters that they may have. */
#define NAME_BYTES_MAX 32

/* A tag is echoed before every answer to its command. */
#define TAG_BYTES_MAX 32

/* The shortest is an option as well (--min-password); this is its default.
 * The longest keeps the work of hashing independent of the client. */
#define PASSWORD_BYTES_MIN 8
#define PASSWORD_BYTES_MAX 128

/* No command takes more arguments than this. */
#define ARGUMENTS_MAX 4

/* What a room keeps of the past, besides the number of messages (--history):
 * half of a client's default output limit, so that all of it can be asked for
 * without being cut off from the room. */
#define HISTORY_BYTES_MAX (512 * 1024)

/* Rooms that a session is in, besides the lobby; and all that there are, give
 * or take, for each reactor has its share of them. */
#define SESSION_ROOMS_MAX 64
#define SERVER_ROOMS_MAX  65536

/* A topic is shown beside the room's name. */
#define TOPIC_BYTES_MAX 400

/* In a room with more members, joins and leaves are summed up once a second. */
#define NOTICED_MEMBERS_MAX 200

/* How long a room is remembered after the last one has left. */
#define HISTORY_KEPT_S 3600

/* Own messages that a client may have under way; its input waits beyond them.
 * Bounds what the mailboxes and rooms hold for one client. */
#define UNSEEN_MAX       256
#define UNSEEN_BYTES_MAX (64 * 1024)

/* Output that may wait for a client that has not logged in. */
#define GUEST_OUT_BYTES_MAX (16 * 1024)

/* Silence after which a client that has never sent a LF has ended its line. */
#define UNTERMINATED_MS 100

/* A request's head: browsers send less than one of these. And what a WebSocket
 * message may be to be answered at all: what is over a line's length, but not
 * over this, is answered with an error. */
#define REQUEST_BYTES_MAX     8192
#define WEB_MESSAGE_BYTES_MAX (64 * 1024)

/* Requests by one connection, then another one is to be opened. */
#define WEB_REQUESTS_MAX 100

/* Text of --web-origin, terminated. */
#define WEB_ORIGINS_BYTES 1024

#endif
