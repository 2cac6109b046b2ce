/* Reading: what was said before, what is unread, who is here. */
import assert from "node:assert/strict";
import { story } from "./rig.mjs";

story("history comes when it is scrolled to, and stays in view", [], async ({ person, netcat }) => {
	const bob = await netcat("bob");
	for (let i = 1; i <= 400; i++) bob.type(`/b message ${i}`);
	await bob.settle();
	const alice = await person();
	const { page } = alice;
	await alice.signUp("alice");
	await alice.sees("message 400");
	const log = page.getByRole("log");
	assert.equal(await alice.said("message").count(), 60);
	const first = alice.said(/^message 341$/);
	await log.evaluate((node) => {
		node.scrollTop = 50;
	});
	await alice.sees(/^message 300$/);
	assert(
		await first.evaluate((node) => {
			const { top } = node.getBoundingClientRect();
			return top > 0 && top < innerHeight;
		}),
		"what was read has gone out of view",
	);
	bob.type("/b meanwhile");
	await alice.sees("meanwhile");
	await page.getByRole("button", { name: "Newest messages" }).waitFor();
	await alice.picture("newest");
	while (await page.getByRole("button", { name: "Show earlier" }).isVisible())
		await log.evaluate((node) => {
			node.scrollTop = 0;
		});
	await alice.reads(
		[...Array(400).keys()].map((i) => `message ${i + 1}`).concat("meanwhile"),
	);
	await page.getByRole("button", { name: "Newest messages" }).click();
	await page.getByRole("button", { name: "Newest messages" }).waitFor({ state: "hidden" });
});

story(
	"what is read stays in view, whatever comes above and below",
	[],
	async ({ person, netcat, wire }) => {
		const between = await wire();
		const bob = await netcat("bob");
		let said = 0;
		const goOn = async (count) => {
			for (const end = said + count; said < end;)
				bob.type(`/b message ${++said}`);
			await bob.settle();
		};
		await goOn(400);
		const alice = await person(between.url);
		const { page } = alice;
		await alice.signUp("alice");
		await alice.sees("message 400");
		const earlier = page.getByRole("button", { name: "Show earlier" });
		const height = () =>
			alice.said(/^message 345$/).evaluate((n) => n.getBoundingClientRect().top);

		/* More is said meanwhile than is asked for. */
		between.hold();
		await goOn(300);
		const before = await page
			.getByRole("log")
			.evaluate((node) => {
				node.scrollTop = 50;
			})
			.then(height);
		await page.locator("#earlier[aria-disabled=true]").waitFor();
		between.release();
		await alice.sees(/^message 700$/);
		await page.locator("#earlier[aria-disabled=false]").waitFor();
		assert(Math.abs((await height()) - before) < 2, "what was read has moved");

		/* Who is there by keyboard stays there, up to the first message. */
		await earlier.press("Enter");
		await alice.sees(/^message 1$/);
		await page.getByText("Nothing before this is kept.").waitFor();
		await page.getByRole("log").evaluate((log) => {
			if (log !== document.activeElement) throw new Error("the focus is lost");
		});
		await alice.reads([...Array(700).keys()].map((i) => `message ${i + 1}`));
	},
);

/* How many nodes the page keeps alive. */
async function nodes({ context, page }) {
	const devtools = await context.newCDPSession(page);
	await devtools.send("Performance.enable");
	await devtools.send("HeapProfiler.collectGarbage");
	const { metrics } = await devtools.send("Performance.getMetrics");
	await devtools.detach();
	return metrics.find(({ name }) => name === "Nodes").value;
}

story(
	"the screen holds so many messages and no more",
	["--history=3000"],
	async ({ person, netcat }) => {
		const alice = await person();
		const bob = await netcat("bob");
		await alice.signUp("alice");
		for (let i = 1; i <= 2600; i++) bob.type(`/b ${i}`);
		await alice.sees(/^2600$/);
		const texts = await alice.texts();
		assert(texts.length >= 2000 && texts.length < 2200, texts.length);
		assert.deepEqual(
			texts,
			texts.map((_, i) => String(2600 - texts.length + 1 + i)),
		);
		await alice.page.locator("#messages li:first-child .day").waitFor();

		/* In a place that is not shown they are text, and nothing more. */
		const before = await nodes(alice);
		await alice.join("dev");
		assert((await nodes(alice)) < before / 4);
		await alice.turnTo("#lobby");
		await alice.sees(/^2600$/);
		await alice.reads(texts);
	},
);

story("a crowd is counted", [], async ({ person, netcat, crowd }) => {
	const alice = await person();
	const bob = await netcat("bob");
	const { page } = alice;
	await alice.signUp("alice");
	await crowd("dev", 200);
	await alice.join("dev");
	await page.locator("#people-count").getByText("201").waitFor({ state: "attached" });
	await page.locator("#who li:nth-child(201)").waitFor();
	bob.type("/join dev");
	await page.getByText("+1, 202 here").waitFor();
	await page.locator("#people-count").getByText("202").waitFor({ state: "attached" });
	bob.type("hello all");
	await alice.sees("hello all");
});

story("what is unread is marked", [], async ({ person, netcat }) => {
	const alice = await person();
	const bob = await netcat("bob");
	const { page } = alice;
	await alice.signUp("alice");
	await alice.join("dev");
	await page.waitForFunction(() => document.title === "#dev – throng");
	bob.type("/b one", "/b two", "/msg alice psst");
	await page.waitForFunction(() => document.title === "(3) #dev – throng");
	await page.getByRole("button", { name: "#lobby 2 unread" }).waitFor();
	await page.locator("#spoken").getByText("bob to you: psst").waitFor({ state: "attached" });
	await alice.picture("unread");
	await alice.turnTo("bob 1 unread");
	await page.waitForFunction(() => document.title === "(2) bob – throng");
	await alice.turnTo("#lobby 2 unread");
	await page.waitForFunction(() => document.title === "#lobby – throng");
	assert.equal(
		await page
			.locator("li", { has: page.locator(".mark") })
			.locator(".text")
			.textContent(),
		"one",
	);
	await alice.turnTo("#dev");
	await alice.turnTo("#lobby");
	assert.equal(await page.locator("#messages .mark").count(), 0);
});

/* Turns the wheel, and waits until the page has seen it: a frame tells of scrolling
 * before it asks what is waited for. */
async function scrollBy({ page }, pixels) {
	const log = page.getByRole("log");
	const { x, y } = await log.boundingBox();
	const goal = await log.evaluate((node, by) => {
		const last = node.scrollHeight - node.clientHeight;
		return Math.max(0, Math.min(node.scrollTop + by, last));
	}, pixels);
	await page.mouse.move(x + 50, y + 50);
	await page.mouse.wheel(0, pixels);
	await page.waitForFunction(
		(top) => Math.abs(document.getElementById("log").scrollTop - top) < 1,
		goal,
	);
}

story("the mark stands above what is new now", [], async ({ person, netcat }) => {
	const alice = await person();
	const bob = await netcat("bob");
	const { page } = alice;
	const newest = page.getByRole("button", { name: "Newest messages" });
	const marked = page.locator("li", { has: page.locator(".mark") }).locator(".text");
	await alice.signUp("alice");
	bob.type(...[...Array(40).keys()].map((i) => `/b ${i}`));
	await alice.sees(/^39$/);
	for (const text of ["new one", "new two"]) {
		await scrollBy(alice, -2000);
		bob.type(`/b ${text}`);
		await newest.click();
		await marked.getByText(text).waitFor();
		assert.deepEqual(await marked.allTextContents(), [text]);
	}
});

story("who goes up a little has left the end", [], async ({ person, netcat }) => {
	const alice = await person();
	const bob = await netcat("bob");
	const newest = alice.page.getByRole("button", { name: "Newest messages" });
	await alice.signUp("alice");
	bob.type(...[...Array(40).keys()].map((i) => `/b ${i}`));
	await alice.sees(/^39$/);
	await scrollBy(alice, -20);
	bob.type("/b more");
	await newest.waitFor();
	await scrollBy(alice, 2000);
	await newest.waitFor({ state: "hidden" });
	bob.type("/b and more");
	await alice.sees("and more");
	assert(await newest.isHidden());
});

story("a room can be pressed while much is said there", [], async ({ person, netcat }) => {
	const alice = await person();
	const bob = await netcat("bob");
	const { page } = alice;
	await alice.signUp("alice");
	await alice.join("dev");
	bob.type("/b one");
	const lobby = page.getByRole("button", { name: "#lobby 1 unread" });
	const { x, y, width, height } = await lobby.locator(".count").boundingBox();
	await lobby.focus();
	await page.mouse.move(x + width / 2, y + height / 2);
	await page.mouse.down();
	bob.type("/b two", "/join dev");
	await page.getByRole("button", { name: "#lobby 2 unread" }).waitFor();
	await page.getByText("bob has come").waitFor();
	assert(
		await page.evaluate(() => document.activeElement.textContent.includes("#lobby")),
		"the focus is lost",
	);
	await page.mouse.up();
	await page.getByRole("heading", { name: "#lobby" }).waitFor();
});

story("of many rooms the one that people are in is in view", [], async ({ person }) => {
	const alice = await person();
	const { page } = alice;
	const isSeen = (name) =>
		page.getByRole("button", { name, exact: true }).evaluate((node) => {
			const { left, top, bottom } = node.getBoundingClientRect();
			return node.contains(
				document.elementFromPoint(left + 5, (top + bottom) / 2),
			);
		});
	await alice.signUp("alice");
	for (let i = 1; i <= 25; i++) await alice.join(`room-${i}`);
	assert(await isSeen("#room-25"));
	assert(await isSeen("Log out"));
	for (let i = 24; i >= 1; i--) await page.keyboard.press("Alt+ArrowUp");
	await page.getByRole("heading", { name: "#room-1", exact: true }).waitFor();
	assert(await isSeen("#room-1"));
	assert(!(await isSeen("#room-25")));
	assert(await isSeen("Log out"));
});
