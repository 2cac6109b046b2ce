/*
 * Talk: what is said in places. Coming into rooms and coming back to them, what was
 * said there before, and what the server says of them.
 */
import { KEPT_MAX, Place, directKey, here, isMe, places, roomKey } from "./place.js";
import { hide, show, showStart, speak, trim } from "./log.js";
import { isWatched, showHeader, showPeople, showPlaces } from "./around.js";
import { later, noLongerKept, refusal } from "./words.js";

const HISTORY_FIRST = 60; /* messages asked for when a room is entered */
const BUSY_MS = 1000; /* until a room that was busy is asked again */
const OVER = "The room starts over. What was said while you were away may be gone.";

/* ---- About a room ---- */

/* Who comes or goes meanwhile is in the answer, or is not. */
export async function askWho(place) {
	const moves = [];
	place.moves.add(moves);
	const answer = await here.link.ask(`/who ${place.name}`);
	place.moves.delete(moves);
	if (!answer.ok) return;
	place.people = new Map(answer.items.map((i) => [i.client, i.name]));
	place.members = Math.max(answer.items.length, parseInt(answer.text, 10) || 0);
	place.isVague = false;
	for (const one of moves) move(place, one);
	showPeople(place);
}

/* Comes or goes; counted already or not, as far as all are known. */
function move(place, { event, name, client, members }) {
	const { people } = place;
	const isWhole = people.size === place.members && !place.isVague;
	if (event === "notice") {
		place.members = members;
		place.isVague = true;
	} else if (event === "join") {
		if (place.isVague || !people.has(client)) place.members++;
		people.set(client, name);
	} else if (people.delete(client) || !isWhole) {
		place.members--;
	}
}

/* Of a move, or of how many are here. */
function hear(place, one) {
	for (const moves of place.moves) moves.push(one);
	move(place, one);
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

/* ---- What was said before ---- */

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

/* All that is kept behind a number has come, to the number `to` if that is known: what
 * is missing there is gone. */
function endGap(place, after, to = 0) {
	const next = place.entries.find((e) => e.era === place.era && e.seq > after);
	if (next) {
		next.lost = true;
		show(place, next);
	} else if (to > Math.max(place.shown, place.lostTo)) {
		const count = to - Math.max(place.shown, place.lostTo);
		place.lostTo = to;
		show(place, place.note(noLongerKept(count)));
	}
}

/* Loads what is missing behind a number: messages that passed this page by while
 * it was slow. */
export async function fillGap(place, after, to) {
	if (!here.isIn) return;
	const answer = await askHistory(place, `since=${after}`);
	if (answer.ok) endGap(place, after, to);
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

export function hearDirect(message) {
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

function hearMove(place, event) {
	const how = event.event === "join" ? "come" : "gone";
	hear(place, event);
	show(place, place.note(`${event.name} has ${how}`));
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
	if (crowd)
		hear(place, { event: "notice", members: Number(crowd[1].replaceAll(",", "")) });
	show(place, place.note(text));
	trim(place);
}

export function hearRoom(place, event) {
	if (event.event === "message" && place.held) place.held.push(event);
	else if (event.event === "message") hearMessage(place, event);
	else if (event.event === "join" || event.event === "leave") hearMove(place, event);
	else if (event.event === "gap") fillGap(place, event.after, event.after + event.missed);
	else if (event.event === "notice") hearRoomNotice(place, event.text);
}

/* ---- Coming in, and coming back ---- */

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

/* Many come back at once: it can be busy. Who leaves meanwhile has left. */
async function joinAgain(place, since) {
	const { link } = here;
	for (;;) {
		const answer = await link.ask(`/join ${place.name} since=${since}`);
		if (answer.code !== "busy") return answer;
		await new Promise((done) => setTimeout(done, BUSY_MS));
		if (places.get(roomKey(place.name)) !== place) return answer;
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
	if (isOver) show(place, place.startOver(OVER));
	held.sort((a, b) => a.seq - b.seq);
	held.forEach((message) => hearMessage(place, message));
}

/*
 * Back in a room: what was said meanwhile, as PROTOCOL.md's "Resuming" has it. The
 * last message is asked for again; if it is another one by now, the room counts anew,
 * and all of it is asked for. Until it is here, what comes is held.
 */
export async function resume(place) {
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
	if (last && !isOver) endGap(place, last.seq, seq);
	place.seq = Math.max(place.seq, seq);
	place.members = members;
	askTopic(place);
	if (place === here.place) askWho(place);
}
