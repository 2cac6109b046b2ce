/*
 * The link to the server: one WebSocket, each text frame of which is one line
 * of the protocol (PROTOCOL.md). Every command has a tag, by which its answer
 * finds who has asked.
 */

const SILENCE_MS = 45000; /* after which the server is asked for a sign */
const SIGN_MS = 15000; /* which must come within */

/* The answer to what will have none. */
const LOST = { ok: false, code: "lost", text: "", items: [] };

/* What is not JSON is from a server that is full, which says so as text. */
function parse(line) {
	try {
		return JSON.parse(line);
	} catch {
		const [, code, text] = /^ERR (\S+) ?(.*)$/s.exec(line) ?? [];
		if (code) return { event: "reply", ok: false, code, text };
		return { event: "notice", text: line };
	}
}

export class Link {
	/* Calls on.open(), on.event(event) for all that answers no command, and
	 * on.end() once, when it has ended, also where it never was. */
	constructor(on) {
		this.on = on;
		this.tags = 0;
		this.heardAt = new Date(); /* when there was a sign last */
		this.hasOpened = false;
		this.waiting = new Map(); /* by tag: who waits for its answer */
		const scheme = location.protocol === "https:" ? "wss:" : "ws:";
		this.socket = new WebSocket(`${scheme}//${location.host}/ws`);
		this.socket.onopen = () => {
			this.hasOpened = true;
			on.open();
		};
		this.socket.onmessage = (frame) => this.hear(frame.data);
		this.socket.onclose = () => this.end();
		this.expect(SILENCE_MS);
	}

	/* A connection can be dead without a word: it ends if nothing comes. */
	expect(ms) {
		clearTimeout(this.timer);
		this.timer = setTimeout(() => this.end(), ms);
	}

	askForSign() {
		this.ask("/ping");
		this.expect(SIGN_MS);
	}

	hear(line) {
		const event = parse(line);
		const asker = event.tag && this.waiting.get(event.tag);
		this.heardAt = new Date();
		clearTimeout(this.timer);
		this.timer = setTimeout(() => this.askForSign(), SILENCE_MS);
		if (!asker) {
			this.on.event(event);
		} else if (event.event === "item") {
			asker.items.push(event);
		} else if (event.event === "reply") {
			this.waiting.delete(event.tag);
			asker.answer({ ...event, items: asker.items });
		}
	}

	/* Sends a command; answer(reply) comes with `items`, or with the code
	 * "lost" when the connection ends before, or has ended. Returns the tag. */
	send(command, answer) {
		const tag = `p${++this.tags}`;
		if (!this.on) {
			answer(LOST);
			return tag;
		}
		this.waiting.set(tag, { items: [], answer });
		this.socket.send(`@${tag} ${command}`);
		return tag;
	}

	ask(command) {
		return new Promise((answer) => this.send(command, answer));
	}

	/* What was sent with `tag` will not be answered. */
	forget(tag) {
		this.waiting.delete(tag);
	}

	end() {
		if (!this.on) return;
		const { on, socket, waiting } = this;
		this.on = null;
		clearTimeout(this.timer);
		socket.onopen = socket.onmessage = socket.onclose = null;
		socket.close();
		for (const { answer } of waiting.values()) answer(LOST);
		on.end();
	}
}
