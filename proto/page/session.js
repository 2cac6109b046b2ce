/*
 * The session: logging in, coming back when the connection was lost, and what
 * the server says by itself.
 *
 * There is a connection only while somebody is logged in or about to be: the
 * server lets nobody wait who has not logged in.
 */
import { Link } from "./link.js";
import { Place, here, me, places, placesOf, roomKey } from "./place.js";
import { show, speak } from "./log.js";
import {
	forgetChat,
	hideAct,
	isChatting,
	markRead,
	setForm,
	showChat,
	showNext,
	showState,
	turnTo,
} from "./around.js";
import { enter, hearDirect, hearRoom, resume, setState } from "./talk.js";
import { $, LOBBY, clock, element, refusal, sentence } from "./words.js";

const RETRY_MS = 1000; /* doubled with every try, up to: */
const RETRY_MS_MAX = 30000;
const LOGOUT_MS = 2000; /* nobody waits longer for the answer */

/* Refusals that pass by themselves: worth another try. */
const PASSING = ["busy", "going-down", "too-many-attempts", "lost"];

/* Words before an end that is not undone by coming back at once. */
const KEPT_OUT = /^(you were kicked|you are banned|your address is banned)/;

let lostAt = null; /* when there was a sign of the connection last; null while there is one */
let wentDown = false; /* the server had said so */
let tries = 0;
let retry = null; /* the timer of the next try */
let ending = null; /* what was said last, if it can explain an end */

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
function refuse(...why) {
	disconnect();
	me.password = "";
	$("login-submit").disabled = false;
	$("gate-note").textContent = "";
	$("login-error").replaceChildren(...why);
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

/* Why nobody is let in; with --tls-only the server's text ends with where it speaks TLS. */
function refusedFor(answer) {
	const port = answer.code === "forbidden" && /:\d+$/.exec(answer.text);
	if (!port) return [refusal(answer)];
	const href = `https://${location.hostname}${port}/`;
	return ["The server takes passwords by TLS alone, at ", element("a", { href }, href), "."];
}

async function arrive(isNew) {
	const answer = await logIn(isNew);
	if (!here.isIn) {
		if (here.link) refuse(...refusedFor(answer));
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

/* Nobody keeps direct messages: who was not there should know. */
function noteAbsence(place, since) {
	const [from, to] = [since, new Date()].map((time) => clock.format(time));
	const text = `You were offline from ${from} to ${to}. What was sent to you then is lost.`;
	show(place, place.note(text));
}

function resumeAll(since) {
	placesOf("room").forEach(resume);
	for (const place of placesOf("direct")) noteAbsence(place, since);
}

async function comeBack() {
	const since = lostAt;
	const answer = await logIn(false);
	if (here.isIn) resumeAll(since);
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

/* Why there is no connection. By a name that anybody could have made lead to it, and
 * without TLS, the server takes none (PROTOCOL.md, In a browser). */
function unreachable(link) {
	const known = /^[^.]+$|^[\d.]+$|\.(localhost|local|internal|home\.arpa)$/;
	if (link.hasOpened || isSecureContext || known.test(location.hostname))
		return "The server cannot be reached.";
	const { hostname, origin } = location;
	const option = `--web-origin=${origin}`;
	return `The server does not answer at ${hostname}. Its operator has to give it ${option}.`;
}

/* The connection has ended, and not by us. */
function onEnd() {
	const why = ending;
	const { link } = here;
	if (!link) return;
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
		refuse(why ? sentence(why) : unreachable(link));
		return;
	}
	if (!lostAt) {
		lostAt = link.heardAt; /* it may have slept for hours */
		wentDown = why === "server is going down";
	}
	if (KEPT_OUT.test(why)) showState(sentence(why), "Come back", tryAgain);
	else tryLater();
}

/* ---- What the server says ---- */

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
	if (place) hearRoom(place, event);
}

/* People are back at the page: seen is what is shown; and a phone that has
 * slept may have lost its connection. */
export function wakeUp() {
	if (document.hidden) return;
	markRead();
	checkLink();
}
