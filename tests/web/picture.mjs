/*
 * The README's picture: the page beside nc, who talk to each other. `make
 * page-picture` makes it anew.
 * usage: picture.mjs FILE.png
 */
import { Netcat, Person, Server, launch } from "./rig.mjs";

const STYLE = `
	* { box-sizing: border-box; margin: 0; }
	body { display: flex; gap: 24px; width: 1280px; padding: 24px; background: #dcd8cf; }
	img, pre { height: 580px; border-radius: 10px; }
	img { width: 800px; }
	pre { flex: 1; padding: 18px; background: #1d1f21; color: #d8dad6; overflow: hidden;
		font: 13px/1.55 "DejaVu Sans Mono", monospace; white-space: pre-wrap; }
	b { color: #fff; }`;

/* Both talk, a line at a time, so that it reads the same on either side. */
async function talk(alice, bob) {
	bob.screen.length = 0;
	bob.type("/join dev");
	await bob.hears(/^OK joined/);
	await alice.page.getByText("bob has come").waitFor();
	bob.type("hi, this is a terminal");
	await alice.sees("hi, this is a terminal");
	await alice.say("and this is a browser, at the same port");
	await bob.hears(/same port/);
	bob.type("/topic dev the next release");
	await bob.hears(/^OK topic set/);
	await alice.say("see https://example.org/plan for the plan");
	await bob.hears(/the plan/);
	bob.type("rendered once, sent to everybody");
	await alice.sees("sent to everybody");
	bob.type("/who dev");
	await bob.hears(/^OK 2 in/);
	bob.type("/msg alice lunch?");
	await bob.hears(/^OK sent/);
	await alice.page.getByRole("button", { name: "bob 1 unread" }).waitFor();
}

/* What somebody at nc has typed is brighter than what came. */
function terminal(nc, typed) {
	const escape = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
	return [`$ <b>nc 127.0.0.1 5000</b>`]
		.concat(nc.screen.map((l) => (typed.has(l) ? `<b>${escape(l)}</b>` : escape(l))))
		.join("\n");
}

async function main(file) {
	const server = await Server.start();
	const browser = await launch();
	const alice = await Person.start(browser, server.url, {
		viewport: { width: 800, height: 580 },
		deviceScaleFactor: 2,
	});
	const bob = await Netcat.start(server, "bob");
	const typed = new Set();
	const { type } = bob;
	bob.type = (...lines) => {
		lines.forEach((line) => typed.add(line));
		type.apply(bob, lines);
	};
	await alice.signUp("alice");
	await alice.join("dev");
	await talk(alice, bob);
	const shot = await alice.page.screenshot();
	const page = await browser.newPage({
		viewport: { width: 1280, height: 628 },
		deviceScaleFactor: 1.4,
	});
	await page.setContent(`<style>${STYLE}</style>
		<img src="data:image/png;base64,${shot.toString("base64")}">
		<pre>${terminal(bob, typed)}</pre>`);
	await page.screenshot({ path: file });
	await bob.end();
	await alice.end();
	await browser.close();
	await server.close();
}

await main(process.argv[2]);
