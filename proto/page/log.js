/* The log: the entries of the place that is shown, on the screen. */
import { here, isMe } from "./place.js";
import { $, button, calendar, clock, counted, element, later, noLongerKept } from "./words.js";

const BURST_MS = 5 * 60000; /* messages that stand below one name */
export const SLOW_MS = 1000; /* until then nobody is told that it is sent */

const log = $("log");
const list = $("messages");
const changed = new Set(); /* entries to be drawn */
const gone = new Set(); /* nodes to be taken away then */
let drawn = null; /* the place whose entries have nodes */

/* What people can do in the log; app.js knows how. */
export const acts = { fillGap: null, sendAgain: null, discard: null };

/* Whether people read the end: not measured, since that is slow while much comes
 * in, but known from where they have scrolled to. */
let isEnd = true;
let top = 0; /* where the log was when it was last looked at */

export function isAtEnd() {
	return isEnd;
}

export function toEnd() {
	isEnd = true;
	log.scrollTop = log.scrollHeight;
	top = log.scrollTop;
	$("newest").hidden = true;
}

/* Who comes down is at the end a little before it; who goes up leaves it at once, or
 * a finger could not get away while much is said. */
export function onScroll() {
	const near = log.scrollTop < top ? 2 : 40;
	top = log.scrollTop;
	isEnd = log.scrollHeight - top - log.clientHeight < near;
	if (isEnd) $("newest").hidden = true;
}

/* A keyboard that comes up, or a text that grows, leaves the end in view. */
new ResizeObserver(() => {
	if (isEnd) toEnd();
}).observe(log);

/* Addresses within a text become links; only what is plain ASCII, so that
 * nothing in them can be turned round. */
const ADDRESS = /(https?:\/\/[!-~]*[\w/=#&-])/i;

function linked(text) {
	const link = (href) =>
		element(
			"a",
			{ href, rel: "noopener noreferrer nofollow", target: "_blank", dir: "ltr" },
			href,
		);
	return text.split(ADDRESS).map((part, i) => (i % 2 === 0 ? part : link(part)));
}

function gapNode(place, index, missing) {
	const entry = place.entries[index];
	const after = place.before(index).seq;
	if (entry.lost || entry.era < place.era)
		return element("p", { className: "gap" }, noLongerKept(missing));
	return element(
		"p",
		{ className: "gap" },
		counted(missing, "message was skipped", "messages were skipped"),
		" ",
		button("Load", () => {
			log.focus(); /* the button goes */
			acts.fillGap(place, after);
		}),
	);
}

/* What stands above an entry: the day, what is missing, the mark. */
function aboveNodes(place, entry, index) {
	const nodes = [];
	const day = calendar.format(entry.time);
	const above = place.entries[index - 1];
	const missing = place.missingBefore(index);
	if (!above || calendar.format(above.time) !== day)
		nodes.push(element("p", { className: "day" }, day));
	if (missing > 0) nodes.push(gapNode(place, index, missing));
	if (place.firstNew === entry) nodes.push(element("p", { className: "mark" }, "New"));
	return nodes;
}

/* What stands below one's own message that is not out yet. */
function belowNodes(place, entry) {
	if (!entry.state) return [];
	if (entry.state === "sending" && Date.now() - entry.time < SLOW_MS) return [];
	if (entry.state === "sending") return [element("p", { className: "fate" }, "Sending…")];
	return [
		element(
			"p",
			{ className: "fate error" },
			`${entry.why} `,
			button("Send again", () => acts.sendAgain(place, entry)),
			" ",
			button("Discard", () => acts.discard(place, entry)),
		),
	];
}

function messageNode(place, entry, index) {
	const above = aboveNodes(place, entry, index);
	const before = place.entries[index - 1];
	const follows =
		above.length === 0 &&
		before.from === entry.from &&
		entry.time - before.time < BURST_MS;
	const node = element(
		"li",
		{},
		...above,
		element(
			"p",
			{ className: "by" },
			element("bdi", {}, entry.from),
			" ",
			element(
				"time",
				{
					dateTime: entry.time.toISOString(),
					title: entry.time.toLocaleString(),
				},
				clock.format(entry.time),
			),
		),
		element("p", { className: "text", dir: "auto" }, ...linked(entry.text)),
		...belowNodes(place, entry),
	);
	node.classList.toggle("follows", follows);
	node.classList.toggle("mine", isMe(entry.from));
	node.classList.toggle("waits", Boolean(entry.state));
	return node;
}

function noteNode(place, entry, index) {
	return element(
		"li",
		{ className: "note" },
		...aboveNodes(place, entry, index),
		element("p", { dir: "auto" }, entry.text),
	);
}

function draw(place, index) {
	const entry = place.entries[index];
	const old = entry.node;
	entry.node = (entry.from ? messageNode : noteNode)(place, entry, index);
	if (old?.isConnected) old.replaceWith(entry.node);
	else list.insertBefore(entry.node, place.entries[index + 1]?.node ?? null);
}

/* Does something to the log. Who reads the end stays there; for who reads elsewhere
 * the first entry in view stays where it is: its lower edge, since what stands above
 * its text can change. */
function keepingView(does) {
	const edge = (entry) => entry.node.getBoundingClientRect().bottom;
	const above = log.getBoundingClientRect().top;
	const isShown = (entry) => entry.node?.isConnected && edge(entry) > above;
	const first = isEnd ? null : here.place.entries.find(isShown);
	const before = first && edge(first);
	does();
	if (isEnd) toEnd();
	else if (first?.node) log.scrollTop += edge(first) - before;
}

/* Draws what has changed, from the end: each stands before its next. Who reads
 * elsewhere is told that there is more at the end. */
function drawChanged() {
	const { place } = here;
	if (changed.size + gone.size === 0) return;
	const isMore = changed.has(place.entries.at(-1));
	keepingView(() => {
		gone.forEach((node) => node.remove());
		for (let index = place.entries.length - 1; index >= 0; index--)
			if (changed.has(place.entries[index])) draw(place, index);
	});
	gone.clear();
	changed.clear();
	if (isMore && !isEnd) $("newest").hidden = false;
}

/* The entry is new or has changed; then what follows can look different, too:
 * the next entry by its day and name, the next message by what is missing. */
export function show(place, entry) {
	const index = place.entries.indexOf(entry);
	if (place !== here.place || index < 0) return;
	changed.add(entry);
	for (let next = index + 1; next < place.entries.length; next++) {
		changed.add(place.entries[next]);
		if (place.entries[next].from) break;
	}
	later(drawChanged);
}

/* Takes an entry away. */
export function hide(place, entry) {
	const next = place.entries[place.entries.indexOf(entry) + 1];
	place.remove(entry);
	changed.delete(entry);
	if (entry.node) gone.add(entry.node);
	entry.node = null;
	if (next) show(place, next);
	later(drawChanged);
}

export function trim(place) {
	const oldest = place.trim();
	if (oldest.length === 0) return;
	for (const { node } of oldest) if (node) gone.add(node);
	show(place, place.entries[0]);
	showStart(place);
}

function startText(place) {
	if (place.kind === "direct")
		return (
			`Between you and ${place.name} only. Direct messages are not kept: ` +
			"they are gone when you reload or close this page."
		);
	return place.isWhole
		? "Nothing before this is kept."
		: "What was said before is too much for one page.";
}

/* What stands above the first message. */
export function showStart(place) {
	if (place !== here.place) return;
	const hasEarlier = !place.isWhole && !place.isFull;
	if (!hasEarlier && document.activeElement === $("earlier")) log.focus();
	keepingView(() => {
		$("earlier").hidden = !hasEarlier;
		$("earlier").ariaDisabled = String(place.isLoading);
		$("start").hidden = hasEarlier;
		$("start").textContent = startText(place);
	});
}

export function clearLog() {
	for (const entry of drawn?.entries ?? []) entry.node = null;
	drawn = null;
	changed.clear();
	gone.clear();
	list.replaceChildren();
}

/* Shows another place: all of it, from where it is new. */
export function showPlace(place) {
	clearLog();
	drawn = place;
	for (let index = place.entries.length - 1; index >= 0; index--) draw(place, index);
	log.setAttribute("aria-label", `Messages in ${place.label}`);
	showStart(place);
	toEnd();
	if (place.firstNew?.node) {
		place.firstNew.node.scrollIntoView({ block: "center" });
		onScroll();
		$("newest").hidden = isEnd;
	}
}

/* New messages, for those who listen instead of looking. */
let unspoken = [];
export function speak(text) {
	unspoken.push(text);
	if (unspoken.length > 1) return;
	setTimeout(() => {
		const texts = unspoken.length > 4 ? [`${unspoken.length} new messages`] : unspoken;
		unspoken = [];
		$("spoken").replaceChildren(
			...texts.map((one) => element("p", { dir: "auto" }, one)),
		);
	}, 400);
}

export function hush() {
	unspoken = [];
	$("spoken").replaceChildren();
}
