/* Small things that all parts of the page use: elements, words, numbers. */

/* What the protocol takes for the name of a user or a room. */
export const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/;
export const LOBBY = "lobby";

export const $ = (id) => document.getElementById(id);

export const clock = new Intl.DateTimeFormat([], {
	hour: "2-digit",
	minute: "2-digit",
});
export const calendar = new Intl.DateTimeFormat([], {
	weekday: "long",
	day: "numeric",
	month: "long",
	year: "numeric",
});

/* What a code of the server's means here; else its own text is shown. */
const REFUSALS = {
	"bad-arguments": "The server did not understand that.",
	"bad-credentials": "Wrong name or password.",
	"bad-text": "There is something in it that is not text.",
	"name-taken": "This name is taken. Choose another one, or log in.",
	"no-such-room": "There is no such room any more.",
	"not-in-room": "You are not in this room any more.",
	"too-long": "This is too long.",
	"too-many-rooms": "You are in as many rooms as there can be. Leave one first.",
	lost: "The connection was lost.",
};

export function sentence(text) {
	const whole = text.charAt(0).toUpperCase() + text.slice(1);
	return /[.!?…]$/.test(whole) ? whole : `${whole}.`;
}

/* Why an answer is no success, in plain words. */
export function refusal(answer) {
	return REFUSALS[answer.code] || sentence(answer.text);
}

export function counted(number, one, many) {
	return `${number.toLocaleString()} ${number === 1 ? one : many}`;
}

/* What can be sent of a text that was typed or pasted: the protocol has no control
 * characters but TAB, nor halves of characters. */
export function sendable(text) {
	return text.toWellFormed().replace(/[^\P{Cc}\t]/gu, "");
}

export function noLongerKept(count) {
	return counted(count, "message is no longer kept", "messages are no longer kept");
}

export function bytesOf(text) {
	return new TextEncoder().encode(text).length;
}

/* An element; `what` are its properties, the rest is put into it. Text is only
 * ever put in as text. */
export function element(tag, what, ...inside) {
	const made = Object.assign(document.createElement(tag), what);
	made.append(...inside);
	return made;
}

export function button(text, onclick, className = "quiet") {
	return element("button", { type: "button", className, onclick }, text);
}

/* A list's item, known by its key: a button with these in it. */
export function choice(key, onclick, ...inside) {
	const made = button("", onclick, "place");
	made.append(...inside);
	const item = element("li", {}, made);
	item.dataset.key = key;
	return item;
}

/* The button of `item`, in which the one of `by` is shown from now on. */
function become(item, by) {
	const [old, made] = [item.firstChild, by.firstChild];
	old.onclick = made.onclick;
	if (old.isEqualNode(made)) return;
	old.replaceChildren(...made.childNodes);
	if (made.ariaCurrent) old.ariaCurrent = made.ariaCurrent;
	else old.removeAttribute("aria-current");
}

/* Fills a list anew with choices. Those that were there stay what they are: who is
 * at one by keyboard, or is just pressing it, loses nothing. */
export function refill(list, items) {
	const keys = new Set(items.map((item) => item.dataset.key));
	for (const item of [...list.children]) if (!keys.has(item.dataset.key)) item.remove();
	const old = new Map([...list.children].map((item) => [item.dataset.key, item]));
	items.forEach((made, i) => {
		const item = old.get(made.dataset.key) ?? made;
		if (item !== made) become(item, made);
		if (list.children[i] !== item) list.insertBefore(item, list.children[i] ?? null);
	});
}

/* Does it once, however often it is asked for until then. */
const soon = new Set();
export function later(what) {
	if (soon.size === 0)
		setTimeout(() => {
			const all = [...soon];
			soon.clear();
			all.forEach((one) => one());
		}, 16);
	soon.add(what);
}
