/* What stands around the log: the list of places, the header, who is here, the
 * line that says what is wrong, and the form. */
import { here, isMe, me, places, placesOf } from "./place.js";
import { clearLog, hush, isAtEnd, showPlace } from "./log.js";
import { $, LOBBY, choice, counted, element, later, refill } from "./words.js";

const PEOPLE_SHOWN_MAX = 300;

/* What is done with places; session.js and app.js know how. */
export const calls = { askWho: null, openDirect: null };

export const isChatting = () => !$("chat").hidden;

/* ---- The list of places ---- */

function unreadNodes(count) {
	const unseen = element("span", { className: "unseen" }, " unread");
	return count > 0
		? [" ", element("span", { className: "count" }, String(count), unseen)]
		: [];
}

function placeNode(place) {
	const item = choice(
		place.label,
		() => turnTo(place),
		element("bdi", {}, place.label),
		...unreadNodes(place.unread),
	);
	if (place === here.place) item.firstChild.ariaCurrent = "page";
	return item;
}

export function showPlaces() {
	const sum = (all) => all.reduce((total, p) => total + p.unread, 0);
	const all = [...places.values()];
	const unread = sum(all);
	refill($("rooms"), placesOf("room").map(placeNode));
	refill($("directs"), placesOf("direct").map(placeNode));
	$("elsewhere").replaceChildren(...unreadNodes(sum(all.filter((p) => p !== here.place))));
	document.title =
		isChatting() && here.place
			? `${unread ? `(${unread}) ` : ""}${here.place.label} – throng`
			: "throng";
}

/* ---- The header, and who is here ---- */

export function showHeader(place) {
	const isRoom = place.kind === "room";
	if (place !== here.place) return;
	$("title").textContent = place.label;
	$("topic").textContent = $("topic").title = place.topic;
	$("open-topic").hidden = !isRoom;
	$("leave").hidden = isRoom && place.name === LOBBY;
	$("leave").textContent = isRoom ? "Leave" : "Close";
	$("toggle-people").hidden = $("people").hidden = !isRoom;
	$("text").placeholder = `Message ${place.label}`;
}

function personNode(name, sessions) {
	const hint = (text) => [" ", element("span", { className: "hint" }, text)];
	return choice(
		name,
		() => calls.openDirect(name),
		element("bdi", {}, name),
		...(sessions > 1 ? hint(`${sessions} times`) : []),
		...(isMe(name) ? hint("you") : []),
	);
}

function drawPeople() {
	const place = here.place;
	const sessions = new Map();
	if (place?.kind !== "room") return;
	for (const name of place.people.values()) sessions.set(name, (sessions.get(name) ?? 0) + 1);
	const names = [...sessions.keys()].sort((a, b) => a.localeCompare(b));
	const more = names.length - PEOPLE_SHOWN_MAX;
	refill(
		$("who"),
		names
			.slice(0, PEOPLE_SHOWN_MAX)
			.map((name) => personNode(name, sessions.get(name))),
	);
	$("who-more").textContent = more > 0 ? `and ${counted(more, "other", "others")}` : "";
	$("people-count").textContent = place.members.toLocaleString();
}

export function showPeople(place) {
	if (place === here.place) later(drawPeople);
}

/* ---- The line that says what is wrong ---- */

/* Who is at the button goes on at the text. */
export function hideAct() {
	if (document.activeElement === $("state-act")) focusText();
	$("state-act").hidden = true;
}

/* `act` is what the button beside it says, if there is one. */
export function showState(text, act = "", does = null) {
	hideAct();
	$("state-text").textContent = text;
	$("state-next").textContent = "";
	$("state-act").hidden = !act;
	$("state-act").textContent = act;
	$("state-act").onclick = does;
}

/* What happens next: for the eye alone, since it changes every second. */
export function showNext(text) {
	$("state-next").textContent = text;
}

/* ---- Turning to a place ---- */

export function isWatched(place) {
	return place === here.place && !document.hidden && isChatting() && isAtEnd();
}

/* It has been seen. The mark above it stays until people turn away. */
export function markRead() {
	if (!here.place?.unread || !isWatched(here.place)) return;
	here.place.unread = 0;
	later(showPlaces);
}

/* A part that small screens show only when it is asked for. */
export function toggle(id, isOpen) {
	$(id).classList.toggle("open", isOpen);
	$(`toggle-${id}`).setAttribute("aria-expanded", String(isOpen));
}

export function focusText() {
	if (matchMedia("(pointer: coarse)").matches) $("log").focus();
	/* a keyboard would hide half of the messages */ else $("text").focus();
}

export function turnTo(place) {
	if (here.place && here.place !== place) {
		here.place.draft = $("text").value;
		here.place.firstNew = null;
	}
	if (here.place !== place) $("text").value = place.draft;
	here.place = place;
	toggle("places", false);
	toggle("people", false);
	$("compose-error").textContent = "";
	showHeader(place);
	showPlace(place);
	drawPeople();
	showPlaces();
	$("places").querySelector("[aria-current]").scrollIntoView({ block: "nearest" });
	markRead();
	if (place.kind === "room" && here.isIn) calls.askWho(place);
	focusText();
}

/* ---- The form, or the chat ---- */

/* What the form is for: an account that is there, or a new one. */
export function setForm(isNew) {
	$("login").classList.toggle("new", isNew);
	$("login-title").textContent = isNew ? "Create an account" : "Log in";
	$("login-submit").textContent = isNew ? "Create and log in" : "Log in";
	$("login-other").textContent = isNew ? "I have an account" : "Create an account";
	$("password").autocomplete = isNew ? "new-password" : "current-password";
	$("name-hint").hidden = $("password-hint").hidden = !isNew;
	$("login-error").textContent = $("gate-note").textContent = "";
}

export function showChat(isOpen) {
	$("chat").hidden = !isOpen;
	$("gate").hidden = isOpen;
	$("me").textContent = me.name;
	showPlaces();
}

/* Nothing of the chat stays in the page, where another one could look for it. */
export function forgetChat() {
	hush();
	clearLog();
	for (const id of ["me", "title", "topic", "who", "who-more", "people-count", "known"])
		$(id).replaceChildren();
	$("topic").title = $("text").placeholder = "";
	$("log").ariaLabel = "Messages";
	for (const field of document.querySelectorAll("input, textarea"))
		if (field !== $("name")) field.value = "";
}
