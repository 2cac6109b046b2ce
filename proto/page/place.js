/*
 * Places, and what was said where: a room, or a conversation with one user.
 *
 * The entries of a place are messages and notes. Messages of a room stand in
 * the order of their numbers, whenever they come, each once; where numbers are
 * missing there is a gap. A room that counts anew begins a new era.
 *
 * An entry is { era, text, time }; a message has `from` and `client`, and in a
 * room `seq`. One's own that has no number yet has a `state`: "sending",
 * "refused" or "unsure" (the connection was lost), with `why`. `lost`: what is
 * missing before it is kept no longer; `lostTo`: up to which number a note has told
 * so. `node`: where it is shown.
 */
export const KEPT_MAX = 2000; /* entries of a place, in memory and on the screen */
const KEPT_SPARE = 200; /* over that, so that the oldest go many at a time */

export class Place {
	constructor(kind, name) {
		this.kind = kind; /* "room" or "direct" */
		this.name = name;
		this.label = kind === "room" ? `#${name}` : name;
		this.entries = [];
		this.era = 0;
		this.seq = 0; /* the last number known */
		this.shown = 0; /* the last number among the entries of this era */
		this.lostTo = 0; /* up to there a note has told what is missing */
		this.unread = 0;
		this.firstNew = null; /* the entry above which "New" stands */
		this.people = new Map(); /* by client: the name */
		this.moves = new Set(); /* for each /who under way: who came and went */
		this.members = 0;
		this.isVague = false; /* who of `people` is in, since moves were summed up */
		this.topic = "";
		this.draft = "";
		this.isWhole = kind === "direct"; /* nothing earlier to ask for */
		this.isLoading = false;
		this.held = null; /* messages that wait for the answer to a resume */
		this.startsOver = false; /* the server has said so */
	}

	get isFull() {
		return this.entries.length >= KEPT_MAX;
	}

	find(seq) {
		return this.entries.findLast((e) => e.era === this.era && e.seq === seq);
	}

	/* The last message with a number, and the first, of this era. */
	last() {
		return this.shown ? this.find(this.shown) : undefined;
	}

	first() {
		return this.entries.find((e) => e.era === this.era && e.seq);
	}

	/* The message before the one at `index`, notes passed over. */
	before(index) {
		return this.entries.findLast((e, i) => i < index && e.from);
	}

	/* How many messages are missing before the one at `index`. */
	missingBefore(index) {
		const entry = this.entries[index];
		const before = this.before(index);
		if (!entry.seq || !before?.seq || before.era < entry.era) return 0;
		return entry.seq - Math.max(before.seq, entry.lostTo ?? 0) - 1;
	}

	/* The end, but before what has no number yet. */
	end() {
		return 1 + this.entries.findLastIndex((e) => !e.state);
	}

	insert(entry, at) {
		entry.era = this.era;
		this.entries.splice(at, 0, entry);
		return entry;
	}

	/* Adds a message of the server's. Returns its entry; nothing when it is
	 * there already. */
	add({ seq, from, client, time, text }) {
		const entry = { seq, from, client, text, time: new Date(time) };
		if (seq === undefined || seq > this.shown) {
			if (this.lostTo > this.shown) entry.lostTo = this.lostTo;
			this.shown = seq ?? 0;
			this.seq = Math.max(this.seq, this.shown);
			return this.insert(entry, this.end());
		}
		if (this.find(seq)) return undefined;
		return this.insert(
			entry,
			1 + this.entries.findLastIndex((e) => e.era < this.era || e.seq < seq),
		);
	}

	note(text) {
		return this.insert({ text, time: new Date() }, this.end());
	}

	/* The first number is 1 again: all that follows is behind what is there. */
	startOver(text) {
		this.era++;
		this.seq = this.shown = this.lostTo = 0;
		this.isWhole = true;
		return Object.assign(this.note(text), { seq: 0 });
	}

	/* One's own that was sent, whose copy this message is. One that was lost with
	 * an earlier era has none: its client can be another one by now. */
	sentAs(message) {
		const fits = (e) => e.client === message.client && e.text === message.text;
		return (
			this.entries.find((e) => e.state === "sending" && fits(e)) ??
			this.entries.find(
				(e) => e.state === "unsure" && e.era === this.era && fits(e),
			)
		);
	}

	remove(entry) {
		const at = this.entries.indexOf(entry);
		if (at >= 0) this.entries.splice(at, 1);
	}

	/* Takes the oldest away when there are too many. Returns them. */
	trim() {
		if (this.entries.length < KEPT_MAX + KEPT_SPARE) return [];
		this.isWhole = false;
		return this.entries.splice(0, this.entries.length - KEPT_MAX);
	}
}

/* All places, by key, rooms first; the one that is shown; who one is, and the
 * link while there is one. `isIn`: logged in on it. */
export const places = new Map();
export const here = { place: null, link: null, isIn: false };
export const me = { name: "", client: 0, password: "" };

export const roomKey = (name) => `#${name.toLowerCase()}`;
export const directKey = (name) => `@${name.toLowerCase()}`;
export const isMe = (name) => name.toLowerCase() === me.name.toLowerCase();

export function placesOf(kind) {
	return [...places.values()].filter((place) => place.kind === kind);
}
