/* Talking, by all ways there are; and accounts. */
import assert from "node:assert/strict";
import { ELSEWHERE, FOREIGN, PASSWORD, WAIT_MS, story } from "./rig.mjs";

story("two browsers and an nc in one room hear each other", [], async ({ person, netcat }) => {
	const [alice, bob] = [await person(), await person()];
	const carol = await netcat("carol");
	await alice.signUp("alice");
	await bob.signUp("bob");
	await alice.join("dev");
	await bob.join("dev");
	carol.type("/join dev");
	await carol.hears(/^OK joined #dev \(3 members\)/);

	await alice.say("from alice");
	for (const one of [alice, bob]) await one.sees("from alice");
	await carol.hears(/^#dev \[alice#\d+\] from alice$/);
	await bob.say("from bob");
	await alice.sees("from bob");
	await carol.hears(/^#dev \[bob#\d+\] from bob$/);
	carol.type("from carol", "/topic dev what is next");
	for (const one of [alice, bob]) {
		await one.sees("from carol");
		await one.page.locator("#topic").getByText("what is next").waitFor();
		await one.reads(["from alice", "from bob", "from carol"]);
		await one.meets(["alice", "bob", "carol"]);
	}
	carol.type("/leave dev");
	await alice.page.getByText("carol has gone").waitFor();
	await alice.meets(["alice", "bob"]);
	await alice.picture("room");
});

story("each line of a text is a message, and a slash is said", [], async ({ person, netcat }) => {
	const alice = await person();
	const bob = await netcat("bob");
	await alice.signUp("alice");
	await alice.say("one\n\n  two\t2\n/etc/passwd");
	await alice.sees("/etc/passwd");
	await alice.reads(["one", "two\t2", "/etc/passwd"]);
	await bob.hears(/^\[alice#\d+\] one$/);
	await bob.hears(/^\[alice#\d+\] two\t2$/);
	await bob.hears(/^\[alice#\d+\] \/etc\/passwd$/);
	await alice.say("x".repeat(5000));
	await alice.page.getByRole("alert").getByText("Too long by").waitFor();
	assert.equal((await alice.text.inputValue()).length, 5000);

	const many = [...Array(30).keys()].map((i) => `line ${i}`);
	await alice.say(many.join("\n"));
	await alice.page.getByRole("alert").getByText("These are 30 messages").waitFor();
	assert.equal(await alice.said("line").count(), 0);
	await alice.text.press("Enter");
	await alice.sees("line 29");
	await alice.reads(["one", "two\t2", "/etc/passwd", ...many]);
});

story("what cannot be sent is not, and the rest is", [], async ({ person, netcat }) => {
	const alice = await person();
	const bob = await netcat("bob");
	const { page } = alice;
	await page.getByLabel("Password").fill("a\u0007bell-rings");
	await page.getByLabel("Name", { exact: true }).fill("alice");
	await page.getByRole("button", { name: "Log in", exact: true }).click();
	await page.getByRole("alert").getByText("that is not text").waitFor();
	await alice.signUp("alice");
	await alice.say("\u001b[1mfrom\ta terminal\u001b[0m\u0085\ud83d");
	await bob.hears(/^\[alice#\d+\] \[1mfrom\ta terminal\[0m\ufffd$/);
	await alice.sees("from\ta terminal");
	await alice.say("\u0007");
	bob.type("/topic lobby what messages are no longer kept");
	await page.locator("#topic").getByText("no longer kept").waitFor();
	await page.getByRole("button", { name: "Topic" }).click();
	await page.getByLabel("What this room is about").fill("bells\u0007");
	await page.getByRole("button", { name: "Set the topic" }).click();
	await page.locator("#topic").getByText("bells").waitFor();
	assert.equal(await page.locator("#messages .text").count(), 1);
});

story("direct messages", [], async ({ person, netcat }) => {
	const alice = await person();
	const bob = await netcat("bob");
	await alice.signUp("alice");
	bob.type("/msg alice psst");
	await alice.turnTo("bob 1 unread");
	await alice.sees("psst");
	await alice.say("what is it");
	await bob.hears(/^\[alice#\d+ -> you\] what is it$/);
	await alice.sees("what is it");

	await alice.page.getByRole("button", { name: "New direct message" }).click();
	await alice.page.getByLabel("To whom").fill("nobody");
	await alice.page.getByRole("button", { name: "Write" }).click();
	await alice.say("are you there");
	await alice.page
		.getByText("Not sent. Nobody is logged in as nobody.", {
			exact: false,
		})
		.locator("visible=true")
		.first()
		.waitFor();
	await alice.picture("direct-refused");
	await netcat("nobody");
	await alice.page.getByRole("button", { name: "Send again" }).click();
	await alice.sees("are you there");
	await alice.page.getByRole("button", { name: "Close" }).click();
	await alice.page.getByRole("heading", { name: "#lobby" }).waitFor();
});

const HOSTILE = [
	"<script>alert(1)</script>",
	"<img src=x onerror=alert(1)>",
	'"><svg/onload=alert(1)>',
	"javascript:alert(1)",
	"&lt;b&gt; &amp; ${alert(1)} {{7*7}}",
	"\u202Ethis is turned round\u202C and this is not",
	"\u202E\u2066 never closed",
	"שלום, העולם! hello مرحبا",
	"👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 🇪🇺",
	`Z${"\u0300\u0317\u0489".repeat(60)}algo`,
	"W".repeat(4000),
	"in\u200bvisible\u200d \u2060and\ufeff there",
	"a\tb   c",
];

story("hostile text is text", [], async ({ person, netcat }) => {
	const alice = await person();
	const bob = await netcat("bob");
	await alice.signUp("alice");
	bob.type(...HOSTILE.map((text) => `/b ${text}`));
	await alice.sees("a\tb   c");
	await alice.reads(HOSTILE);
	bob.type("/join dev", `/topic dev <b>\u202Etopic</b>`, `/msg alice ${HOSTILE[1]}`);
	for (const text of HOSTILE) await alice.say(text);
	await alice.page.waitForFunction(
		(count) =>
			document.querySelectorAll("#messages li:not(.waits) .text").length ===
			count,
		2 * HOSTILE.length,
	);
	await alice.reads([...HOSTILE, ...HOSTILE]);
	for (const text of HOSTILE)
		assert.equal((await bob.hears(/^\[alice#/)).replace(/^\[alice#\d+\] /, ""), text);

	const { page } = alice;
	assert.equal(await page.locator("#messages").locator("script, img, svg, b, a").count(), 0);
	/* Nothing reaches out of its place, and no name is turned round. */
	assert(
		await page.evaluate(
			() =>
				document.documentElement.scrollWidth <= innerWidth &&
				log.scrollWidth <= log.clientWidth,
		),
	);
	assert.equal(
		await page
			.locator(".by bdi")
			.first()
			.evaluate((node) => getComputedStyle(node).unicodeBidi),
		"isolate",
	);
	await page.locator("#messages li").nth(5).scrollIntoViewIfNeeded();
	await alice.picture("hostile");
	await alice.join("dev");
	await page.locator("#topic").getByText("topic").waitFor();
	assert.equal(await page.locator("#topic").textContent(), "<b>\u202Etopic</b>");
});

story("who comes while it is asked who is here", [], async ({ person, netcat }) => {
	const alice = await person();
	const bob = await netcat("bob");
	const carol = await netcat("carol");
	const { page } = alice;
	let held = null; /* answers, which are overtaken by what goes on */
	await page.routeWebSocket(/\/ws$/, (browser) => {
		const server = browser.connectToServer();
		server.onMessage((line) => {
			if (held && JSON.parse(line).tag) held.push(line);
			else browser.send(line);
		});
		alice.release = () => {
			for (const line of held.splice(0)) browser.send(line);
			held = null;
		};
	});
	await page.reload();
	await alice.signUp("alice");
	carol.type("/join dev");
	await alice.join("dev");
	await alice.meets(["alice", "carol"]);
	await alice.turnTo("#lobby");
	await alice.meets(["alice", "bob", "carol"]);
	held = [];
	await alice.turnTo("#dev");
	const end = Date.now() + WAIT_MS;
	while (!held.some((line) => line.includes("carol"))) {
		assert(Date.now() < end, "no answer to /who");
		await page.waitForTimeout(10);
	}
	bob.type("/join dev");
	carol.type("/leave dev");
	await page.getByText("bob has come").waitFor();
	await page.getByText("carol has gone").waitFor();
	alice.release();
	bob.type("hello");
	await alice.sees("hello");
	await alice.meets(["alice", "bob"]);
	assert.equal(await page.locator("#people-count").textContent(), "2");
});

story("who comes and goes after moves were summed up", [], async ({ person, netcat, crowd }) => {
	const alice = await person();
	const carol = await netcat("carol");
	const eve = await netcat("eve");
	const counts = (members) => alice.awaits("#people-count", [members]);
	await alice.signUp("alice");
	carol.type("/join dev");
	await carol.hears(/^OK joined/);
	await crowd("dev", 199);
	await alice.join("dev");
	await counts("201");
	eve.type("/join dev"); /* from here on in sums */
	await counts("202");
	carol.type("/leave dev");
	await counts("201");
	eve.type("/leave dev"); /* and told by name again */
	await alice.page.getByText("eve has gone").waitFor();
	await counts("200");
});

story("names that mean something to JavaScript", [], async ({ person, netcat }) => {
	const alice = await person();
	const bob = await netcat("constructor");
	const { page } = alice;
	await alice.signUp("toString");
	await alice.join("constructor");
	bob.type("/join constructor", "hello", "/msg tostring psst");
	await alice.sees("hello");
	await page.getByRole("button", { name: "constructor 1 unread" }).waitFor();
	await alice.meets(["constructor", "toString"]);
	await alice.turnTo("constructor 1 unread");
	await alice.sees("psst");
	await page.getByRole("button", { name: "Join a room" }).click();
	await page.getByLabel("Name of the room").fill("__proto__");
	await page.getByRole("button", { name: "Join", exact: true }).click();
	await page.getByRole("alert").getByText("A room's name has letters").waitFor();
});

story("addresses are links, and nothing else is", [], async ({ person, netcat }) => {
	const alice = await person();
	const bob = await netcat("bob");
	await alice.signUp("alice");
	bob.type(
		"/b see https://example.org/a?b=c#d. (http://x.test/\u202Efoo) " +
			"ftp://x.test javascript:alert(1) https://",
	);
	await alice.sees("see");
	const links = alice.page.locator("#messages a");
	assert.deepEqual(
		await links.evaluateAll((all) =>
			all.map((a) => [a.href, a.textContent, a.rel, a.target]),
		),
		[
			[
				"https://example.org/a?b=c#d",
				"https://example.org/a?b=c#d",
				"noopener noreferrer nofollow",
				"_blank",
			],
			[
				"http://x.test/",
				"http://x.test/",
				"noopener noreferrer nofollow",
				"_blank",
			],
		],
	);
});

/* ---- Accounts ---- */

story("wrong password, taken name, and words that help", [], async ({ person, netcat }) => {
	const alice = await person();
	const { page } = alice;
	const alert = page.getByRole("alert");
	await (await netcat("alice")).settle();
	await alice.logIn("alice", "wrong-sesame");
	await alert.getByText("Wrong name or password.").waitFor();
	await alice.logIn("al ice");
	await alert.getByText("A name has letters").waitFor();
	await alice.logIn("alice", "has a space");
	await alert.getByText("A password has no spaces.").waitFor();
	await alice.picture("login-refused");

	await page.getByRole("button", { name: "Create an account" }).click();
	assert.equal(
		await page.getByLabel("Password").getAttribute("autocomplete"),
		"new-password",
	);
	const create = page.getByRole("button", {
		name: "Create and log in",
	});
	await page.getByLabel("Name", { exact: true }).fill("Alice");
	await page.getByLabel("Password").fill(PASSWORD);
	await create.click();
	await alert.getByText("This name is taken.").waitFor();
	await page.getByLabel("Name", { exact: true }).fill("alice2");
	await page.getByLabel("Password").fill("short");
	await create.click();
	await alert.getByText("A password has 8 to 128 bytes").waitFor();
	await page.getByRole("button", { name: "I have an account" }).click();
	assert.equal(
		await page.getByLabel("Password").getAttribute("autocomplete"),
		"current-password",
	);
	await alice.logIn("alice");
	await page.getByRole("heading", { name: "#lobby" }).waitFor();
});

story("logged out, nothing is left", [], async ({ server, person, netcat }) => {
	const alice = await person();
	const bob = await netcat("bob");
	const { page } = alice;
	await alice.signUp("alice");
	await alice.join("hidden-room");
	bob.type("/join hidden-room", "/topic hidden-room a plan", "/b between us");
	await alice.turnTo("#lobby 1 unread");
	await alice.sees("between us");
	await alice.turnTo("#hidden-room");
	await page.locator("#topic").getByText("a plan").waitFor();
	await page.locator("#spoken").getByText("between us").waitFor({ state: "attached" });
	await alice.text.fill("a draft");
	await page.getByRole("button", { name: "Log out" }).click();
	await page.getByRole("status").getByText("You are logged out.").waitFor();
	assert.doesNotMatch(await page.content(), /between us|hidden-room|a plan|bob|alice/);
	assert.deepEqual(
		await page
			.locator("input, textarea")
			.evaluateAll((all) => all.map(({ value }) => value).filter(Boolean)),
		["alice"],
	);
	assert.equal(page.url(), server.url);
	assert.equal(await page.evaluate(() => history.length), 2); /* about:blank, and it */
	assert.equal(await page.title(), "throng");
	assert.deepEqual(
		await page.evaluate(() => [
			localStorage.length,
			sessionStorage.length,
			document.cookie,
		]),
		[0, 0, ""],
	);
	bob.type("/who");
	await bob.hears(/^OK 1 online/);
	await alice.logIn("alice");
	await alice.sees("between us");
});

story("who is not on this machine is told what can be read", [], async ({ server, person }) => {
	const near = await person();
	const far = await person(`http://${ELSEWHERE}:${server.port}/`);
	const hint = (one) => one.page.getByText("This connection is not encrypted");
	await hint(far).waitFor();
	assert(await hint(near).isHidden());
	await far.signUp("alice");
});

story("a name that the server does not know leads to what has to be done", [], async ({
	server,
	person,
}) => {
	const origin = `http://${FOREIGN}:${server.port}`;
	const alice = await person(`${origin}/`);
	await alice.logIn("alice");
	const said = alice.page.getByRole("alert");
	await said.getByText(`Its operator has to give it --web-origin=${origin}`).waitFor();
	await alice.picture("foreign-name");
});

story("one account in two tabs", [], async ({ person }) => {
	const alice = await person();
	await alice.signUp("alice");
	const first = alice.page;
	await alice.openTab(first.url());
	await alice.logIn("alice");
	await alice.page.getByRole("heading", { name: "#lobby" }).waitFor();
	await alice.say("from the second");
	await first.locator(".mine .text").getByText("from the second").waitFor();
	await first.getByLabel("Message", { exact: true }).fill("from the first");
	await first.getByRole("button", { name: "Send" }).click();
	await alice.sees("from the first");
	await alice.page.locator("#who").getByText("2 times").waitFor();
});

story("kicked, muted, banned", [], async ({ server, person }) => {
	const alice = await person();
	const { page } = alice;
	const state = page.getByRole("status");
	await alice.signUp("alice");
	server.type("kick alice enough");
	await state.getByText("You were kicked: enough.").waitFor();
	await alice.picture("kicked");
	await page.getByRole("button", { name: "Come back" }).click();
	await state.waitFor({ state: "hidden" });

	server.type("mute alice");
	await page.getByText("Notice: you are muted").first().waitFor();
	await alice.say("may I");
	await page.locator(".fate").getByText("Not sent. You are muted.").waitFor();
	await page.getByRole("button", { name: "Discard" }).click();
	await alice.reads([]);
	server.type("unmute alice", "broadcast back in five minutes");
	server.type("broadcast back in five minutes");
	await page.locator("#messages").getByText("Notice: back in five minutes").waitFor();

	server.type("ban alice");
	await state.getByText("You are banned: for ever.").waitFor();
	await page.getByRole("button", { name: "Come back" }).click();
	await state.getByText("alice is banned here", { exact: false }).waitFor();
	assert(await page.getByLabel("Password").isVisible());
});

story("an account that is removed elsewhere", [], async ({ person, netcat }) => {
	const alice = await person();
	const { page } = alice;
	const other = await netcat("alice");
	await alice.logIn("alice");
	await page.getByRole("heading", { name: "#lobby" }).waitFor();
	other.type(`/unregister ${PASSWORD}`);
	await page.getByRole("status").getByText("Your account has been removed.").waitFor();
	await alice.logIn("alice");
	await page.getByRole("alert").getByText("Wrong name or password.").waitFor();
});
