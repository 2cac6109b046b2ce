/* Losing the connection, and coming back; being too slow for it. */
import assert from "node:assert/strict";
import { story } from "./rig.mjs";

story(
	"what was missed is there when the connection is back",
	[],
	async ({ person, netcat, wire }) => {
		const between = await wire();
		const alice = await person(between.url);
		const bob = await netcat("bob");
		const { page } = alice;
		await alice.signUp("alice");
		await alice.join("dev");
		bob.type("/join dev", "before");
		await alice.sees("before");

		await alice.triesOnlyWhenTold();
		between.cut();
		await page.getByRole("status").getByText("Offline since").waitFor();
		await alice.say("a draft");
		await page.getByRole("alert").getByText("You are offline.").waitFor();
		assert.equal(await alice.text.inputValue(), "a draft");
		await alice.picture("offline");
		bob.type("meanwhile 1", "meanwhile 2", "/b in the lobby");
		await bob.settle();
		between.mend();
		await page.getByRole("button", { name: "Try now" }).click();
		await alice.sees("meanwhile 2");
		await page.getByRole("status").waitFor({ state: "hidden" });
		await alice.text.press("Enter");
		await bob.hears(/^#dev \[alice#\d+\] a draft$/);
		await alice.sees("a draft");
		await alice.reads([
			"before",
			"meanwhile 1",
			"meanwhile 2",
			"a draft",
		]);
		await alice.turnTo("#lobby 1 unread");
		await alice.sees("in the lobby");
		assert.equal(await page.locator(".gap").count(), 0);
	},
);

story("what was missed for too long is told", ["--history=3"], async ({ person, netcat, wire }) => {
	const between = await wire();
	const alice = await person(between.url);
	const bob = await netcat("bob");
	await alice.signUp("alice");
	bob.type("/b 1");
	await alice.sees("1");
	between.cut();
	bob.type(...[2, 3, 4, 5, 6].map((i) => `/b ${i}`));
	await bob.settle();
	between.mend();
	await alice.page.locator(".gap").getByText("2 messages are no longer kept").waitFor();
	await alice.reads(["1", "4", "5", "6"]);
});

story("what nobody keeps is told at once", ["--history=0"], async ({ person, netcat, wire }) => {
	const between = await wire();
	const alice = await person(between.url);
	const bob = await netcat("bob");
	const told = alice.page.getByText("messages are no longer kept");
	await alice.signUp("alice");
	bob.type("/b 1");
	await alice.sees("1");
	between.cut();
	bob.type("/b 2", "/b 3");
	await bob.settle();
	between.mend();
	await told.waitFor();
	bob.type("/b 4");
	await alice.sees("4");
	await alice.join("dev");
	await alice.turnTo("#lobby");
	await alice.sees("4");
	assert.equal(await told.count(), 1);
	assert.equal(await alice.page.locator(".gap").count(), 0);
});

story("what was under way when the connection was lost", [], async ({ person, netcat, wire }) => {
	const between = await wire();
	const alice = await person(between.url);
	const bob = await netcat("bob");
	await alice.signUp("alice");
	between.hold(); /* the server hears it, its copy never comes */
	await alice.say("did it arrive");
	await bob.hears(/did it arrive/);
	between.cut();
	await alice.page.locator(".fate").getByText("this may not have arrived").waitFor();
	between.mend();
	await alice.sees("did it arrive");
	await alice.reads(["did it arrive"]);
});

story("a server that starts again, and counts anew", [], async ({ server, person }) => {
	const [alice, bob] = [await person(), await person()];
	await alice.signUp("alice");
	await bob.signUp("bob");
	await alice.join("dev");
	for (const text of ["one", "two", "three"]) await alice.say(text);
	await alice.sees("three");
	await server.end();
	for (const one of [alice, bob])
		await one.page.getByRole("status").getByText("The server has gone down.").waitFor();
	await alice.picture("gone-down");
	await server.run();
	await alice.page.getByText("The room starts over.").waitFor();
	await alice.say("four");
	await alice.sees("four");
	await alice.reads(["one", "two", "three", "four"]);
	await alice.picture("starts-over");

	/* Passed by meanwhile: the numbers alone would look as if it went on. */
	await bob.page.getByRole("status").waitFor({ state: "hidden" });
	await bob.join("dev");
	await bob.sees("four");
	await bob.reads(["four"]);
});

story(
	"a room that has counted anew beyond what was seen",
	[],
	async ({ server, person, netcat, wire }) => {
		const between = await wire();
		const alice = await person(between.url);
		await alice.signUp("alice");
		await alice.say("of the old days");
		await alice.sees("of the old days");
		between.cut();
		await server.end();
		await server.run();
		const bob = await netcat("bob");
		bob.type("/b new 1", "/b new 2", "/b new 3");
		await bob.settle();
		between.mend();
		await alice.sees("new 3");
		await alice.page.getByText("The room starts over.").waitFor();
		await alice.sees("new 1");
		await alice.reads([
			"of the old days",
			"new 1",
			"new 2",
			"new 3",
		]);
	},
);

story(
	"a server that has crashed: what is unread is all that is new",
	[],
	async ({ server, person, netcat, wire }) => {
		const between = await wire();
		const alice = await person(between.url);
		const { page } = alice;
		const before = await netcat("bob");
		await alice.signUp("alice");
		before.type("/b old 1", "/b old 2", "/b old 3", "/msg alice psst");
		await alice.sees("old 3");
		await page.getByRole("button", { name: "bob 1 unread" }).waitFor();
		await alice.join("dev");
		between.cut();
		await server.kill();
		await server.run();
		const bob = await netcat("bob");
		bob.type(...[1, 2, 3, 4, 5].map((i) => `/b new ${i}`));
		await bob.settle();
		between.mend();
		await page.getByRole("button", { name: "#lobby 5 unread" }).waitFor();
		bob.type("/b new 6", "/msg alice are you back");
		await page.getByRole("button", { name: "bob 2 unread" }).waitFor();
		await alice.turnTo("#lobby 6 unread");
		await alice.reads([
			...[1, 2, 3].map((i) => `old ${i}`),
			...[1, 2, 3, 4, 5, 6].map((i) => `new ${i}`),
		]);
		const marked = page.locator("li", { has: page.locator(".mark") });
		assert.equal(await marked.locator(".text").textContent(), "new 1");
		await alice.turnTo("bob 2 unread");
		await alice.reads(["psst", "are you back"]);
	},
);

story(
	"what was lost in a crash is not taken for what is sent",
	[],
	async ({ server, person, netcat, wire }) => {
		const between = await wire();
		const alice = await person(between.url);
		const bob = await netcat("bob");
		const lost = alice.page.locator("#messages li", {
			hasText: "this may not have arrived",
		});
		await alice.signUp("alice");
		await alice.say("of the old days");
		const copy = await bob.hears(/of the old days/);
		await alice.sees("of the old days");
		between.hold();
		await alice.say("hello");
		await server.kill();
		between.cut();
		await lost.waitFor();
		await server.run();
		/* Alice gets the number that she had. */
		for (let i = 1; i < Number(/#(\d+)/.exec(copy)[1]); i++) await netcat(`other${i}`);
		between.mend();
		await alice.page.getByText("The room starts over.").waitFor();
		await alice.say("hello");
		await alice.sees("hello");
		assert.equal(await alice.said("hello").count(), 1);
		assert.equal(await lost.count(), 1);
		await lost.getByRole("button", { name: "Discard" }).click();
		await lost.waitFor({ state: "detached" });
		await alice.reads(["of the old days", "hello"]);
	},
);

story("a server that is busy when all come back", [], async ({ person, netcat, wire }) => {
	const between = await wire();
	const alice = await person(between.url);
	const bob = await netcat("bob");
	let refused = 0;
	await alice.page.routeWebSocket(/\/ws$/, (near) => {
		const far = near.connectToServer();
		near.onMessage((line) => {
			const [, tag] = /^@(\S+) \/join \S+ since=/.exec(line) ?? [];
			const answer = { event: "reply", re: "join", ok: false, tag, code: "busy" };
			if (tag && refused++ < 2)
				near.send(JSON.stringify({ ...answer, text: "" }));
			else far.send(line);
		});
	});
	await alice.page.reload();
	await alice.signUp("alice");
	bob.type("/b before");
	await alice.sees("before");
	between.cut();
	bob.type("/b meanwhile");
	await bob.settle();
	between.mend();
	await alice.page.getByRole("status").waitFor({ state: "hidden" });
	bob.type("/b live");
	await alice.sees("live");
	await alice.reads(["before", "meanwhile", "live"]);
	assert.equal(refused, 3);
});

/* As it is when a laptop has slept: the socket is dead, and nobody has said so. */
for (const [what, notice] of [
	["nothing is heard", (page) => page.clock.fastForward("03:00:00")],
	["the network is back", (page) => page.evaluate(() => dispatchEvent(new Event("online")))],
])
	story(
		`a connection that is dead without a word: ${what}`,
		[],
		async ({ person, netcat, wire }) => {
			const between = await wire();
			const alice = await person(between.url, { timezoneId: "UTC" });
			const bob = await netcat("bob");
			const { page } = alice;
			await page.clock.install({ time: new Date("2026-02-03T10:00:05Z") });
			await page.reload();
			await alice.signUp("alice");
			bob.type("/b before", "/msg alice psst");
			await page.getByRole("button", { name: "bob 1 unread" }).waitFor();
			await alice.sees("before");
			between.hold();
			bob.type("/b meanwhile");
			await notice(page);
			assert(await page.getByRole("status").isHidden());
			await page.clock.fastForward(15000);
			await page.getByRole("status").getByText("Offline since 10:00").waitFor();
			await alice.sees("meanwhile");
			await alice.reads(["before", "meanwhile"]);
			await alice.turnTo("bob 1 unread");
			await page.getByText("You were offline from 10:00 to").waitFor();
		},
	);

/* Says so much to a page that does not read that it misses some of it. */
async function flood({ server, person, netcat, wire }) {
	const between = await wire();
	const alice = await person(between.url);
	const bob = await netcat("bob");
	let said = 0;
	await alice.signUp("alice");
	bob.type("/b 0");
	await alice.sees("0");
	between.hold();
	for (let skipped = 0; skipped === 0;) {
		for (let i = 0; i < 60; i++) bob.type(`/b ${++said} ${"x".repeat(3900)}`);
		await bob.settle();
		skipped = await server.counter("skipped");
	}
	for (let i = 0; i < 20; i++) bob.type(`/b ${++said} ${"x".repeat(3900)}`);
	await bob.settle();
	between.release();
	await alice.page
		.locator("#messages .text", {
			hasText: new RegExp(`^${said} x`),
		})
		.waitFor();
	bob.type("/b and on");
	await alice.sees("and on");
	return { alice, said };
}

story("what a slow page has missed is loaded", ["--out-limit=65536"], async (people) => {
	const { alice, said } = await flood(people);
	const texts = (await alice.texts()).slice(0, -1);
	assert.deepEqual(
		texts.map((text) => parseInt(text, 10)),
		texts.map((_, i) => said - texts.length + 1 + i),
	);
	assert.equal(await alice.page.locator(".gap").count(), 0);
});

story("what is no longer kept is told", ["--out-limit=65536", "--history=5"], async (people) => {
	const { alice } = await flood(people);
	await alice.page.locator(".gap").getByText("no longer kept").waitFor();
	assert.equal(await alice.page.locator(".gap").count(), 1);
	await alice.page.locator(".gap").scrollIntoViewIfNeeded();
	await alice.picture("gap");
});
