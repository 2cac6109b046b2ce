/*
 * The page is one client of the line protocol (PROTOCOL.md). This is what
 * people do with it: forms, buttons, keys.
 *
 *   words.js    small things that all use
 *   link.js     the connection: commands, answers, events
 *   place.js    rooms and conversations, what was said in them
 *   log.js      that on the screen
 *   around.js   the rest of the screen
 *   talk.js     what is said in places, and was said before
 *   session.js  logging in and coming back
 *
 * Text of others is only ever set as text. Nothing is stored: the password
 * is kept in memory, to log in again when the connection was lost.
 */
import { Place, directKey, here, me, places, placesOf, roomKey } from "./place.js";
import { SLOW_MS, acts, hide, isAtEnd, onScroll, show, speak, toEnd } from "./log.js";
import { calls, focusText, isChatting, markRead, setForm, toggle, turnTo } from "./around.js";
import { checkLink, logOut, submitLogin, wakeUp } from "./session.js";
import { askWho, enter, fillGap, loadEarlier, setState } from "./talk.js";
import { $, LOBBY, NAME, bytesOf, choice, counted, element, refusal, sendable } from "./words.js";

const LINE_BYTES_MAX = 4096;
const TOPIC_BYTES_MAX = 400;
const KNOWN_SHOWN_MAX = 300; /* rooms to choose from; all can be named */
const WHO_MS = 30000; /* nobody is told who comes to the lobby, so it is asked */
const WHO_MEMBERS_MAX = 200; /* of more it would be too much to ask for */
const MANY_TEXTS = 20; /* messages at once */

let doubted = ""; /* what was not sent, since it was so many */

/* ---- Saying something ---- */

/* A direct message has no copy: the answer says that it is out. */
function setOut(place, entry) {
	hide(place, entry);
	Object.assign(entry, { state: undefined, time: new Date() });
	place.insert(entry, place.end());
	show(place, entry);
}

/* It waits at the end of the place until it is known to be out. */
function say(place, text) {
	const entry = place.insert(
		{
			from: me.name,
			client: me.client,
			text,
			time: new Date(),
			state: "sending",
		},
		place.entries.length,
	);
	const command = place.kind === "room" ? "say" : "msg";
	show(place, entry);
	entry.tag = here.link.send(`/${command} ${place.name} ${text}`, (answer) => {
		if (answer.ok) {
			setOut(place, entry);
		} else if (answer.code !== "lost") {
			const why = refusal(answer);
			setState(place, entry, "refused", `Not sent. ${why}`);
			speak(`Not sent. ${why}`);
		}
	});
	setTimeout(() => show(place, entry), SLOW_MS);
}

function sendAgain(place, entry) {
	$("text").focus();
	if (!here.isIn) return;
	hide(place, entry);
	say(place, entry.text);
	toEnd();
}

function discard(place, entry) {
	$("text").focus();
	hide(place, entry);
}

/* What is wrong with texts that are to be said; else "". Many are said when they are
 * sent once more: somebody may have pasted what was not meant to be here. */
function wrongWith(place, texts) {
	const isDoubtful = texts.length > MANY_TEXTS && doubted !== $("text").value;
	const spare = LINE_BYTES_MAX - bytesOf(`@p99999999 /say ${place.name} `);
	const over = Math.max(...texts.map(bytesOf)) - spare;
	if (!here.isIn) return "You are offline. This can be sent when you are back.";
	if (over > 0)
		return `Too long by ${counted(over, "byte", "bytes")}. ` + "Send it in parts.";
	doubted = isDoubtful ? $("text").value : "";
	if (isDoubtful)
		return (
			`These are ${texts.length} messages, one a line. ` +
			"Send once more if you mean it."
		);
	return "";
}

/* Each line is a message of its own. */
function submitText(event) {
	const texts = $("text")
		.value.split(/\r\n|\r|\n/)
		.map((text) => sendable(text).replace(/^[ \t]+/, ""))
		.filter(Boolean);
	event.preventDefault();
	if (texts.length === 0) return;
	$("compose-error").textContent = wrongWith(here.place, texts);
	if ($("compose-error").textContent) return;
	$("text").value = "";
	texts.forEach((text) => say(here.place, text));
	toEnd();
}

/* ---- The form ---- */

/* The field that is wrong, and why. */
function wrongLogin(name, password) {
	if (!name) return ["name", "Enter a name."];
	if (!NAME.test(name)) return ["name", "A name has letters, digits and . _ - only."];
	if (!password) return ["password", "Enter a password."];
	if (/[ \t]/.test(password)) return ["password", "A password has no spaces."];
	if (sendable(password) !== password)
		return ["password", "There is something in the password that is not text."];
	return null;
}

function submitForm(event) {
	const name = $("name").value.trim();
	const password = $("password").value;
	const wrong = wrongLogin(name, password);
	event.preventDefault();
	$("login-error").textContent = wrong ? wrong[1] : "";
	if (wrong) $(wrong[0]).focus();
	else if (!here.link) submitLogin(name, password, $("login").classList.contains("new"));
}

/* ---- Places ---- */

function openDirect(name) {
	const key = directKey(name);
	if (!places.has(key)) places.set(key, new Place("direct", name));
	turnTo(places.get(key));
}

/* Out of the room; or the conversation is closed, and forgotten. */
async function leave() {
	const { place } = here;
	if (place.kind === "room") {
		if (!here.isIn) {
			$("compose-error").textContent = "You are offline.";
			return;
		}
		const { code } = await here.link.ask(`/leave ${place.name}`);
		if (code && code !== "not-in-room" && code !== "no-such-room") return;
		places.delete(roomKey(place.name));
	} else {
		places.delete(directKey(place.name));
	}
	turnTo(places.get(roomKey(LOBBY)));
}

/* Alt and an arrow: the place above or below. */
function turnBy(step) {
	const all = [...placesOf("room"), ...placesOf("direct")];
	const next = all[all.indexOf(here.place) + step];
	if (next) turnTo(next);
}

/* ---- Dialogs ---- */

/* A dialog with one field. submit(value) does it, and returns what is wrong, or
 * what is to be done when the dialog has gone. Returns what opens it. */
function prepareDialog(id, field, submit) {
	const dialog = $(id);
	const error = $(`${id}-error`);
	dialog.querySelector("[value=close]").onclick = () => dialog.close();
	dialog.querySelector("form").onsubmit = async (event) => {
		event.preventDefault();
		const result = here.isIn
			? await submit(sendable($(field).value).trim())
			: "You are offline.";
		if (typeof result === "string") {
			error.textContent = result;
			$(field).focus();
		} else {
			dialog.close();
			result();
		}
	};
	return (value) => {
		error.textContent = "";
		$(field).value = value;
		dialog.showModal();
	};
}

async function joinRoom(given) {
	const name = given.replace(/^#/, "").toLowerCase();
	const place = places.get(roomKey(name)) ?? new Place("room", name);
	if (!NAME.test(name)) return "A room's name has letters, digits and . _ - only.";
	if (!places.has(roomKey(name))) {
		places.set(roomKey(name), place);
		const answer = await enter(place);
		if (!answer.ok) {
			places.delete(roomKey(name));
			return refusal(answer);
		}
	}
	return () => turnTo(place);
}

function roomNode({ room, members, text }) {
	const join = () => {
		$("room").value = room;
		$("rooms-dialog").querySelector("form").requestSubmit();
	};
	return choice(
		room,
		join,
		element("bdi", {}, `#${room}`),
		" ",
		element("span", { className: "hint" }, counted(members, "member", "members")),
		" ",
		element("span", { className: "about", dir: "auto" }, text ?? ""),
	);
}

async function showKnown() {
	$("known").replaceChildren();
	if (!here.isIn) return;
	const { items } = await here.link.ask("/rooms");
	const others = items
		.filter((item) => !places.has(roomKey(item.room)))
		.sort((a, b) => b.members - a.members || a.room.localeCompare(b.room));
	$("known").replaceChildren(...others.slice(0, KNOWN_SHOWN_MAX).map(roomNode));
	if (others.length === 0)
		$("known").append(
			element("li", { className: "hint" }, "None but those you are in."),
		);
}

async function submitTopic(topic) {
	const over = bytesOf(topic) - TOPIC_BYTES_MAX;
	if (over > 0) return `Too long by ${counted(over, "byte", "bytes")}.`;
	const answer = await here.link.ask(`/topic ${here.place.name} ${topic || "-"}`);
	return answer.ok ? focusText : refusal(answer);
}

function submitDirect(name) {
	return NAME.test(name) ? () => openDirect(name) : "That is no user's name.";
}

/* ---- Keys, and the rest ---- */

function onKey(event) {
	if (!isChatting() || document.querySelector("dialog[open]")) return;
	if (event.altKey && /^Arrow(Up|Down)$/.test(event.key)) {
		event.preventDefault();
		turnBy(event.key === "ArrowUp" ? -1 : 1);
	} else if (event.key === "Escape") {
		closeParts();
		$("text").focus();
	}
}

function onTextKey(event) {
	if (event.key === "Enter" && !event.shiftKey && !event.isComposing) submitText(event);
}

function onLogScroll() {
	onScroll();
	markRead();
	if (!isAtEnd() && $("log").scrollTop < 100) loadEarlier();
}

/* What is over the log on a small screen, so that nobody is below it unseen. */
function closeParts() {
	toggle("places", false);
	toggle("people", false);
}

/* Who has opened a part goes on in it. */
function openOrClose(id) {
	const isOpen = !$(id).classList.contains("open");
	closeParts();
	toggle(id, isOpen);
	if (isOpen) $(id).querySelector("button")?.focus();
}

function askWhoInLobby() {
	const { isIn, place } = here;
	if (isIn && !document.hidden && place.name === LOBBY && place.members <= WHO_MEMBERS_MAX)
		askWho(place);
}

function start() {
	const openRooms = prepareDialog("rooms-dialog", "room", joinRoom);
	const openDirects = prepareDialog("direct-dialog", "to", submitDirect);
	const openTopic = prepareDialog("topic-dialog", "new-topic", submitTopic);

	Object.assign(acts, { fillGap, sendAgain, discard });
	Object.assign(calls, { askWho, openDirect });
	$("clear-hint").hidden = isSecureContext; /* or on this machine */
	$("login").onsubmit = submitForm;
	$("login-other").onclick = () => setForm(!$("login").classList.contains("new"));
	$("compose").onsubmit = submitText;
	$("text").onkeydown = onTextKey;
	$("logout").onclick = logOut;
	$("leave").onclick = leave;
	$("earlier").onclick = loadEarlier;
	$("newest").onclick = () => {
		toEnd();
		markRead();
		focusText();
	};
	$("open-rooms").onclick = () => {
		openRooms("");
		showKnown();
	};
	$("open-direct").onclick = () => openDirects("");
	$("open-topic").onclick = () => openTopic(here.place.topic);
	for (const id of ["places", "people"]) $(`toggle-${id}`).onclick = () => openOrClose(id);
	$("log").onscroll = onLogScroll;
	for (const part of ["log", "compose"]) $(part).addEventListener("focusin", closeParts);
	document.onkeydown = onKey;
	document.onvisibilitychange = wakeUp;
	window.ononline = checkLink;
	setInterval(askWhoInLobby, WHO_MS);
	$("name").focus();
}

start();
