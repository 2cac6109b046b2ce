/*
 * A session that has begun with HTTP: it asks for the page's files, or turns
 * into a WebSocket, each text frame of which is a line of the protocol. It has
 * memory of its own, which those who speak in lines do not have. The reactor's
 * thread only.
 *
 *   is_web, not FORMAT_WEB   requests and answers, one after the other; it is
 *                            deaf to what the chat says
 *   is_web, FORMAT_WEB       a WebSocket
 *
 * A scraper (reactor/conn.h) begins so, has one request answered, and can ask
 * for what is counted alone.
 */
#ifndef PROTO_WEB_H
#define PROTO_WEB_H

#include <stddef.h>

#include "reactor/conn.h"

struct session;

/* Its first line is HTTP, or has to be: what comes, that line included, is
 * web_pump's. */
void web_start(struct session *session);

/* It has closed: frees what it has. */
void web_end(struct session *session);

/* Handles requests, or frames, until one has to wait or there is none; returns
 * the bytes that are done with. They may be changed. */
size_t web_pump(struct session *session, char *bytes, size_t len);

/* Something has come from it. */
void web_on_sign(struct session *session);

/* Its timer `silence` has fired. */
void web_on_silence(struct session *session);

/* Before the connection is closed: a WebSocket is told, with the reason. */
void web_say_end(struct session *session, enum close_reason reason);

#endif
