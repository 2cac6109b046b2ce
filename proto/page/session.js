/*
 * The session: logging in, coming back when the connection was lost, rooms and
 * what was said in them, and what the server says by itself.
 *
 * There is a connection only while somebody is logged in or about to be: the
 * server lets nobody wait who has not logged in.
 */
import { Link } from "./link.js";
import { KEPT_MAX, Place, directKey, here, isMe, me, places, placesOf, roomKey } from "./place.js";
import { hide, show, showStart, speak, trim } from "./log.js";
import {
	forgetChat,
	hideAct,
	isChatting,
	isWatched,
	markRead,
	setForm,
	showChat,
	showHeader,
	showNext,
	showPeople,
	showPlaces,
	showState,
	turnTo,
} from "./around.js";
import { $, LOBBY, clock, later, refusal, sentence } from "./words.js";

const HISTORY_FIRST = 60; /* messages asked for when a room is entered */
const RETRY_MS = 1000; /* doubled with every try, up to: */
const RETRY_MS_MAX = 30000;
const LOGOUT_MS = 2000; /* nobody waits longer for the answer */

/* Refusals that pass by themselves: worth another try. */
const PASSING = ["busy", "going-down", "too-many-attempts", "lost"];

/* Words before an end that is not undone by coming back at once. */
const KEPT_OUT = /^(you were kicked|you are banned|your address is banned)/;

let lostAt = null; /* when the connection was lost; null while there is one */
let wentDown = false; /* the server had said so */
let tries = 0;
let retry = null; /* the timer of the next try */
let ending = null; /* what was said last, if it can explain an end */

/* ---- Rooms ---- */

export async function askWho(place) {
	const answer = await here.link.ask(`/who ${place.name}`);
	if (!answer.ok) return;
	place.people = new Map(answer.items.map((i) => [i.client, i.name]));
	place.members = Math.max(answer.items.length, parseInt(answer.text, 10) || 0);
	showPeople(place);
}

function setTopic(place, topic) {
	place.topic = topic;
	showHeader(place);
}

async function askTopic(place) {
	const before = `#${place.name}: `;
	const answer = await here.link.ask(`/topic ${place.name}`);
	if (answer.ok)
		setTopic(
			place,
			answer.text.startsWith(before) ? answer.text.slice(before.length) : "",
		);
}

/* Asks for kept messages: the last so many, or "since=SEQ". */
function askHistory(place, which) {
	return here.link.ask(`/history #${place.name} ${which}`);
}

async function loadLast(place, count) {
	place.isLoading = true;
	showStart(place);
	const answer = await askHistory(place, count);
	place.isLoading = false;
	if (answer.ok)
		place.isWhole = parseInt(answer.text, 10) < count || place.first()?.seq === 1;
	showStart(place);
}

export async function loadEarlier() {
	const { place } = here;
	if (!here.isIn || !place || place.isWhole || place.isFull || place.isLoading) return;
	const first = place.first()?.seq ?? place.shown + 1;
	const have = place.shown - first + 1;
	await loadLast(place, Math.min(2 * have + HISTORY_FIRST, KEPT_MAX));
}

/* All that is kept behind a number has come: what is missing there is gone. */
function endGap(place, after) {
	const next = place.entries.find((e) => e.era === place.era && e.seq > after);
	if (!next) return;
	next.lost = true;
	show(place, next);
}

/* Loads what is missing behind a number: messages that passed this page by while
 * it was slow. */
export async function fillGap(place, after) {
	if (!here.isIn) return;
	const answer = await askHistory(place, `since=${after}`);
	if (answer.ok) endGap(place, after);
}

/* Into a room for the first time. Returns the answer. */
export async function enter(place) {
	const answer = await here.link.ask(`/join ${place.name}`);
	if (!answer.ok) return answer;
	place.seq = Math.max(place.seq, answer.seq);
	place.members = answer.members;
	askTopic(place);
	loadLast(place, HISTORY_FIRST);
	return answer;
}

/* Back in a room. Many come back at once: it can be busy for a while. */
async function joinAgain(place, since) {
	const { link } = here;
	for (;;) {
		const answer = await link.ask(`/join ${place.name} since=${since}`);
		if (answer.code !== "busy") return answer;
		await new Promise((done) => setTimeout(done, RETRY_MS));
	}
}

/* Whether the room counts anew since `last`, its last message here, which has been
 * asked for again. */
function countsAnew(place, answer, last) {
	const again = place.held.find((message) => message.seq === last?.seq);
	const isOther =
		again &&
		(again.client !== last.client || Date.parse(again.time) !== last.time.getTime());
	return place.startsOver || answer.seq < place.seq || isOther;
}

/* What has come since people were here, in the order in which it was said. */
function hearHeld(place, held, isOver) {
	const last = place.last();
	if (isOver)
		show(
			place,
			place.startOver(
				"The room starts over. What was said while you were away may be gone.",
			),
		);
	held.sort((a, b) => a.seq - b.seq);
	held.forEach((message) => hearMessage(place, message));
	if (last && !isOver) endGap(place, last.seq);
}

/*
 * Back in a room: what was said meanwhile, as PROTOCOL.md's "Resuming" has it. The
 * last message is asked for again; if it is another one by now, the room counts anew,
 * and all of it is asked for. Until it is here, what comes is held.
 */
async function resume(place) {
	const last = place.last();
	const held = [];
	Object.assign(place, { held, startsOver: false });
	let answer = await joinAgain(place, last ? last.seq - 1 : place.seq);
	const { seq, members } = answer;
	const isOver = answer.ok && countsAnew(place, answer, last);
	if (isOver && !place.startsOver) answer = await askHistory(place, "since=0");
	if (answer.code === "lost") return; /* and all is asked for again */
	place.held = null;
	if (seq === undefined) {
		show(place, place.note(`You are not in this room any more. ${refusal(answer)}`));
		return;
	}
	hearHeld(place, held, isOver);
	place.seq = Math.max(place.seq, seq);
	place.members = members;
	askTopic(place);
	if (place === here.place) askWho(place);
}

/* ---- Coming and going ---- */

function connect(open) {
	clearInterval(retry);
	retry = null;
	ending = null;
	here.link = new Link({ open, event: hearEvent, end: onEnd });
}

function disconnect() {
	const { link } = here;
	clearInterval(retry);
	retry = null;
	Object.assign(here, { link: null, isIn: false });
	link?.end();
}

/* All is over and forgotten; back to the form. */
function goOut(note) {
	disconnect();
	lostAt = null;
	tries = 0;
	Object.assign(me, { client: 0, password: "" });
	places.clear();
	here.place = null;
	for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
	showState("");
	showChat(false);
	forgetChat();
	$("gate-note").textContent = note;
	$(me.name ? "password" : "name").focus();
}

/* The form was sent, and that is what came of it. */
function refuse(text) {
	disconnect();
	me.password = "";
	$("login-submit").disabled = false;
	$("gate-note").textContent = "";
	$("login-error").textContent = text;
	$("password").select();
	$("password").focus();
}

async function logIn(isNew) {
	const { link } = here;
	if (isNew) {
		const made = await link.ask(`/register ${me.name} ${me.password}`);
		if (!made.ok) return made;
	}
	const answer = await link.ask(`/login ${me.name} ${me.password}`);
	if (!answer.ok) return answer;
	Object.assign(me, { name: answer.name, client: answer.client });
	here.isIn = true;
	lostAt = null;
	tries = 0;
	showState("");
	return answer;
}

async function arrive(isNew) {
	const answer = await logIn(isNew);
	if (!here.isIn) {
		if (here.link) refuse(refusal(answer));
		return;
	}
	const lobby = new Place("room", LOBBY);
	places.set(roomKey(LOBBY), lobby);
	$("login-submit").disabled = false;
	$("password").value = "";
	setForm(false);
	showChat(true);
	turnTo(lobby);
	await enter(lobby);
}

/* From the form; `isNew`: the account is to be made first. */
export function submitLogin(name, password, isNew) {
	Object.assign(me, { name, password });
	$("login-submit").disabled = true;
	$("gate-note").textContent = "Connecting…";
	connect(() => arrive(isNew));
}

export async function logOut() {
	if (here.isIn)
		await Promise.race([
			here.link.ask("/logout"),
			new Promise((done) => setTimeout(done, LOGOUT_MS)),
		]);
	goOut("You are logged out.");
}

async function comeBack() {
	const answer = await logIn(false);
	if (here.isIn) placesOf("room").forEach(resume);
	else if (here.link && PASSING.includes(answer.code)) here.link.end();
	else if (here.link) goOut(refusal(answer));
}

function tryAgain() {
	if (here.link || !lostAt) return;
	hideAct();
	showNext("Connecting…");
	connect(comeBack);
}

/* There may be a network again, or none any more: no use in waiting. */
export function checkLink() {
	if (here.isIn) here.link.askForSign();
	else if (retry) tryAgain();
}

function tryLater() {
	const ms = Math.min(RETRY_MS_MAX, RETRY_MS * 2 ** tries++);
	const at = Date.now() + ms * (0.5 + Math.random()); /* not all at once */
	const since = `Offline since ${clock.format(lostAt)}.`;
	const tick = () => {
		const left = Math.ceil((at - Date.now()) / 1000);
		if (left > 0) showNext(`Next try in ${left} s.`);
		else tryAgain();
	};
	showState(wentDown ? `The server has gone down. ${since}` : since, "Try now", tryAgain);
	retry = setInterval(tick, 250);
	tick();
}

/* The connection has ended, and not by us. */
function onEnd() {
	const why = ending;
	if (!here.link) return;
	Object.assign(here, { link: null, isIn: false });
	for (const place of places.values())
		for (const entry of place.entries)
			if (entry.state === "sending")
				setState(
					place,
					entry,
					"unsure",
					"The connection was lost: this may not have arrived.",
				);
	if (!isChatting()) {
		refuse(why ? sentence(why) : "The server cannot be reached.");
		return;
	}
	if (!lostAt) {
		lostAt = new Date();
		wentDown = why === "server is going down";
	}
	if (KEPT_OUT.test(why)) showState(sentence(why), "Come back", tryAgain);
	else tryLater();
}

/* ---- What the server says ---- */

/* For one's own message; app.js refuses, too. */
export function setState(place, entry, state, why) {
	Object.assign(entry, { state, why });
	show(place, entry);
}

/* A message has come: one's own copy, one of others', or one of history's. */
function hearMessage(place, message) {
	const isNew = message.seq > place.seq;
	const sent = place.sentAs(message);
	if (sent) {
		here.link.forget(sent.tag);
		hide(place, sent);
	}
	const entry = place.add(message);
	if (!entry) return;
	if (isNew && !isMe(message.from)) tellNew(place, entry);
	show(place, entry);
	trim(place);
}

function hearDirect(message) {
	const key = directKey(message.from);
	if (!places.has(key)) places.set(key, new Place("direct", message.from));
	const place = places.get(key);
	const entry = place.add(message);
	tellNew(place, entry);
	show(place, entry);
	trim(place);
}

/* The mark moves to where it is new now. */
function setFirstNew(place, entry) {
	const before = place.firstNew;
	place.firstNew = entry;
	if (before) show(place, before);
}

/* Counts it as unread where nobody looks, and says it to those who listen. */
function tellNew(place, entry) {
	const where =
		place === here.place
			? ""
			: place.kind === "room"
				? ` in ${place.label}`
				: " to you";
	speak(`${entry.from}${where}: ${entry.text}`);
	if (isWatched(place)) return;
	if (place.unread === 0) setFirstNew(place, entry);
	place.unread++;
	later(showPlaces);
}

function hearMove(place, { event, name, client }) {
	const isComing = event === "join";
	if (isComing) place.people.set(client, name);
	else place.people.delete(client);
	place.members += isComing ? 1 : -1;
	show(place, place.note(`${name} has ${isComing ? "come" : "gone"}`));
	showPeople(place);
	trim(place);
}

function hearRoomNotice(place, text) {
	const topic = /^(\S+)#\d+ (?:set the topic: (.*)|cleared the topic)$/s.exec(text);
	const crowd = /^[+-]\d.* ([\d,]+) here$/.exec(text); /* summed up */
	if (text === "starts over") {
		place.startsOver = true;
		return;
	}
	if (/^\d+ messages are no longer kept$/.test(text))
		return; /* stands between the messages, where it is missing */
	if (topic) {
		setTopic(place, topic[2] ?? "");
		text = topic[2]
			? `${topic[1]} has set the topic: ${topic[2]}`
			: `${topic[1]} has cleared the topic`;
	}
	if (crowd) {
		place.members = Number(crowd[1].replaceAll(",", ""));
		showPeople(place);
	}
	show(place, place.note(text));
	trim(place);
}

/* From the operator, or about this connection. */
function hearNotice(text) {
	if (/^your account has been removed/.test(text)) {
		goOut("Your account has been removed.");
		return;
	}
	ending = text;
	if (!here.place) return;
	show(here.place, here.place.note(`Notice: ${text}`));
	speak(`Notice: ${text}`);
}

function hearEvent(event) {
	const place = event.room && places.get(roomKey(event.room));
	ending = null;
	if (event.event === "direct") hearDirect(event);
	else if (event.event === "notice" && !event.room) hearNotice(event.text);
	else if (event.event === "reply" && !event.ok)
		ending = event.text; /* it is full, or has banned the address */
	if (!place) return;
	if (event.event === "message" && place.held) place.held.push(event);
	else if (event.event === "message") hearMessage(place, event);
	else if (event.event === "join" || event.event === "leave") hearMove(place, event);
	else if (event.event === "gap") fillGap(place, event.after);
	else if (event.event === "notice") hearRoomNotice(place, event.text);
}

/* People are back at the page: seen is what is shown; and a phone that has
 * slept may have lost its connection. */
export function wakeUp() {
	if (document.hidden) return;
	markRead();
	checkLink();
}
