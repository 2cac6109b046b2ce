/*
 * What the stories of browser.mjs stand on: a server of their own, people at
 * browsers and at nc, and a wire between that can be cut or held.
 */
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { chromium } from "playwright-core";

const THRONG = process.env.THRONG_BIN ?? "build/throng";
const PICTURES = process.env.PICTURES ?? "build/web";
export const PASSWORD = "open-sesame";
export const ELSEWHERE = "chat.local"; /* for browsers not on this machine */
export const FOREIGN = "chat.test"; /* a name that anybody could have led here */
export const WAIT_MS = 60000; /* for what has to come, on a slow machine too */

/* Waits for a line of a stream that fits. Lines before it are passed over. */
class Lines {
	constructor(stream) {
		this.lines = [];
		this.waiting = null;
		this.isOver = false;
		createInterface({ input: stream })
			.on("line", (line) => {
				this.lines.push(line);
				this.waiting?.();
			})
			.on("close", () => {
				this.isOver = true;
			});
	}

	async until(pattern) {
		const end = Date.now() + WAIT_MS;
		for (;;) {
			while (this.lines.length > 0) {
				const line = this.lines.shift();
				if (pattern.test(line)) return line;
			}
			assert(Date.now() < end && !this.isOver, `no line like ${pattern}`);
			await new Promise((done) => {
				const timer = setTimeout(done, 1000);
				this.waiting = () => {
					clearTimeout(timer);
					done();
				};
			});
		}
	}
}

/* Options that make a server speak TLS, too. Its certificate, of the kind that `make
 * dev-cert` makes, is for all stories of this run. */
export function certificate() {
	const folder = mkdtempSync(join(tmpdir(), "throng-cert-"));
	const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
	const names = "subjectAltName=DNS:localhost,IP:127.0.0.1";
	const what = `-x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -addext ${names}`;
	execFileSync(
		"openssl",
		["req", ...what.split(" "), "-subj", "/CN=localhost", "-keyout", key, "-out", cert],
		{ stdio: "ignore" },
	);
	after(() => rmSync(folder, { recursive: true }));
	return ["--tls-cert", cert, "--tls-key", key];
}

/* A server with accounts of its own, which a restart keeps, and its console. */
export class Server {
	static async start(...options) {
		const server = new Server();
		server.folder = mkdtempSync(join(tmpdir(), "throng-web-"));
		server.options = options;
		server.port = 0;
		server.log = "";
		await server.run();
		return server;
	}

	async run() {
		this.process = spawn(THRONG, [
			"--listen",
			`tcp://127.0.0.1:${this.port}`,
			"--accounts",
			join(this.folder, "accounts"),
			"--argon2",
			"t=1,m=8",
			...this.options,
		]);
		this.process.stdin.on("error", () => {}); /* when it has ended by itself */
		this.ended = once(this.process, "exit");
		this.process.stderr.on("data", (bytes) => {
			this.log += bytes;
		});
		this.console = new Lines(this.process.stdout);
		const line = await this.console.until(/^\[LISTENING\]/);
		this.port = Number(line.replace(/.*:/, ""));
	}

	get url() {
		return `http://127.0.0.1:${this.port}/`;
	}

	get tlsUrl() {
		return `https://127.0.0.1:${this.port}/`;
	}

	/* Types at the console. */
	type(line) {
		this.process.stdin.write(`${line}\n`);
	}

	/* What `stats` says of a counter. */
	async counter(name) {
		this.type("stats");
		const line = await this.console.until(new RegExp(`^${name} `));
		return Number(line.split(/ +/)[1]);
	}

	async end() {
		this.type("exit");
		await this.ended;
	}

	/* Ends it as a crash does: without a word. */
	async kill() {
		this.process.kill("SIGKILL");
		await this.ended;
	}

	async close() {
		await this.end();
		rmSync(this.folder, { recursive: true });
		assert(!this.log.includes(PASSWORD), "the log has a password");
	}
}

/* How people without a browser come here. */
const BY_NC = (port) => ["nc", "127.0.0.1", String(port)];
const BY_TLS = (port) => ["openssl", "s_client", "-quiet", "-connect", `127.0.0.1:${port}`];

/* Somebody at nc, or at what does the same, logged in. */
export class Netcat {
	static async start(server, name, command = BY_NC) {
		const nc = new Netcat();
		const [program, ...words] = command(server.port);
		nc.process = spawn(program, words);
		nc.heard = new Lines(nc.process.stdout);
		nc.screen = []; /* as a terminal shows it */
		createInterface({ input: nc.process.stdout }).on("line", (line) =>
			nc.screen.push(line),
		);
		nc.type(`/register ${name} ${PASSWORD}`, `/login ${name} ${PASSWORD}`);
		await nc.heard.until(/^OK logged in/);
		return nc;
	}

	type(...lines) {
		this.screen.push(...lines);
		this.process.stdin.write(lines.map((line) => `${line}\n`).join(""));
	}

	hears(pattern) {
		return this.heard.until(pattern);
	}

	/* All that was typed has been done. */
	async settle() {
		this.type("/ping settled");
		await this.hears(/^OK pong settled/);
	}

	async end() {
		const ended = once(this.process, "exit");
		this.process.kill();
		await ended;
	}
}

/* Many who are in a room and say nothing. */
export class Crowd {
	static async start(server, room, count) {
		const crowd = new Crowd();
		crowd.sockets = [];
		for (let i = 1; i <= count; i++) {
			const socket = net.connect(server.port, "127.0.0.1");
			const name = `crowd${i}`;
			const heard = new Lines(socket);
			crowd.sockets.push(socket);
			socket.write(`/register ${name} ${PASSWORD}\n/login ${name} ${PASSWORD}\n`);
			socket.write(`/join ${room}\n`);
			await heard.until(/^OK joined/);
		}
		return crowd;
	}

	end() {
		for (const socket of this.sockets) socket.destroy();
	}
}

/* Between a browser and the server, as a network that fails. */
export class Wire {
	static async start(server) {
		const wire = new Wire();
		wire.pairs = new Map(); /* the server's side, and the browser's */
		wire.isCut = false;
		wire.listener = net.createServer((near) => wire.join(near, server));
		wire.listener.listen(0, "127.0.0.1");
		await once(wire.listener, "listening");
		wire.port = wire.listener.address().port;
		return wire;
	}

	get url() {
		return `http://127.0.0.1:${this.port}/`;
	}

	join(near, server) {
		if (this.isCut) {
			near.destroy();
			return;
		}
		const far = net.connect(server.port, "127.0.0.1");
		this.pairs.set(far, near);
		for (const [from, to] of [
			[near, far],
			[far, near],
		]) {
			from.pipe(to);
			from.on("error", () => to.destroy());
			from.on("close", () => to.destroy());
		}
		far.on("close", () => this.pairs.delete(far));
	}

	cut() {
		this.isCut = true;
		for (const near of this.pairs.values()) near.destroy();
	}

	mend() {
		this.isCut = false;
	}

	/* Nothing that the server sends gets through, for a while. */
	hold() {
		for (const [far, near] of this.pairs) far.unpipe(near);
	}

	release() {
		for (const [far, near] of this.pairs) far.pipe(near);
	}

	end() {
		this.cut();
		this.listener.close();
	}
}

export function launch() {
	mkdirSync(PICTURES, { recursive: true });
	return chromium.launch({
		executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
		args: [
			"--disable-dev-shm-usage",
			`--host-resolver-rules=MAP ${ELSEWHERE} 127.0.0.1,MAP ${FOREIGN} 127.0.0.1`,
			...(process.getuid() === 0 ? ["--no-sandbox"] : []),
		],
	});
}

/* Somebody at a browser of their own. What the page must never do is looked for
 * all the time: errors, and whatever the browser complains of, as of what the page's
 * policy forbids. Only that there may be no server is no fault. */
export class Person {
	static async start(browser, url, options = {}) {
		const person = new Person();
		person.faults = [];
		person.context = await browser.newContext({
			viewport: { width: 1180, height: 760 },
			locale: "en-GB",
			reducedMotion: "reduce",
			ignoreHTTPSErrors: true,
			...options,
		});
		await person.openTab(url);
		return person;
	}

	async openTab(url) {
		const page = await this.context.newPage();
		page.setDefaultTimeout(WAIT_MS);
		page.on("pageerror", (error) => this.faults.push(String(error)));
		page.on("console", (message) => {
			const text = message.text();
			const isOffline = /^WebSocket connection to .* failed/.test(text);
			if (["error", "warning"].includes(message.type()) && !isOffline)
				this.faults.push(text);
		});
		page.on("dialog", (dialog) => {
			this.faults.push(`a script said: ${dialog.message()}`);
			dialog.dismiss();
		});
		page.on("request", (request) => {
			if (request.url().includes(PASSWORD))
				this.faults.push("a password in an address");
		});
		await page.goto(url);
		this.page = page;
		return page;
	}

	async logIn(name, password = PASSWORD) {
		const { page } = this;
		await page.getByLabel("Name", { exact: true }).fill(name);
		await page.getByLabel("Password").fill(password);
		await page.getByRole("button", { name: "Log in", exact: true }).click();
	}

	async signUp(name) {
		const { page } = this;
		await page.getByRole("button", { name: "Create an account" }).click();
		await page.getByLabel("Name", { exact: true }).fill(name);
		await page.getByLabel("Password").fill(PASSWORD);
		await page.getByRole("button", { name: "Create and log in" }).click();
		await page.getByRole("heading", { name: "#lobby" }).waitFor();
		await page
			.locator("#who")
			.getByText(name, { exact: true })
			.waitFor({ state: "attached" });
	}

	get text() {
		return this.page.getByLabel("Message", { exact: true });
	}

	async say(text) {
		await this.text.fill(text);
		await this.text.press("Enter");
	}

	async join(room) {
		const { page } = this;
		await page.getByRole("button", { name: "Join a room" }).click();
		await page.getByLabel("Name of the room").fill(room);
		await page.getByRole("button", { name: "Join", exact: true }).click();
		await page.getByRole("heading", { name: `#${room}` }).waitFor();
	}

	turnTo(label) {
		return this.page
			.getByRole("navigation")
			.getByRole("button", { name: label })
			.click();
	}

	/* The messages that have this text, on the screen and known to be out. */
	said(text) {
		return this.page
			.locator("#messages li:not(.waits) .text")
			.filter({ hasText: text });
	}

	sees(text) {
		return this.said(text).first().waitFor();
	}

	async texts() {
		return this.page.locator("#messages .text").allTextContents();
	}

	/* Waits until these are the messages. */
	reads(texts) {
		return this.awaits("#messages .text", texts);
	}

	/* Waits until these are the people of the place. */
	meets(names) {
		return this.awaits("#who bdi", names);
	}

	/* From now on the page tries to come back when people tell it to. */
	triesOnlyWhenTold() {
		return this.page.evaluate(() => {
			Math.random = () => 1e6; /* of its pauses */
		});
	}

	/* The page draws what it hears a moment later. */
	async awaits(selector, texts) {
		const end = Date.now() + WAIT_MS;
		let shown;
		do shown = await this.page.locator(selector).allTextContents();
		while (!isDeepStrictEqual(shown, texts) && Date.now() < end);
		assert.deepEqual(shown, texts);
	}

	picture(name) {
		return this.page.screenshot({
			path: join(PICTURES, `${name}.png`),
		});
	}

	async end() {
		await this.context.close();
		assert.deepEqual(this.faults, []);
	}
}

let browser; /* of all stories */

/* To be called once, before the first story. */
export function useBrowser() {
	before(async () => {
		browser = await launch();
	});
	after(() => browser.close());
}

/* A story with a server, and whoever it brings. All go when it ends. */
export function story(name, options, tell) {
	test(name, async () => {
		const server = await Server.start(...options);
		const all = [];
		const brings = async (made) => {
			const one = await made;
			all.push(one);
			return one;
		};
		const told = await Promise.allSettled([
			tell({
				server,
				person: (url = server.url, settings = {}) =>
					brings(Person.start(browser, url, settings)),
				netcat: (who) => brings(Netcat.start(server, who)),
				openssl: (who) => brings(Netcat.start(server, who, BY_TLS)),
				crowd: (room, count) => brings(Crowd.start(server, room, count)),
				wire: () => brings(Wire.start(server)),
			}),
		]);
		const left = await Promise.allSettled(all.reverse().map((one) => one.end()));
		const closed = await Promise.allSettled([server.close()]);
		/* The story's own failure first: the others may come of it. */
		for (const { reason } of [...told, ...left, ...closed])
			if (reason) throw reason;
	});
}
