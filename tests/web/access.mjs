/* The page for everybody: by keyboard, by ear, on a phone, at any size. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { PASSWORD, story } from "./rig.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

story("all of it by keyboard", [], async ({ person, netcat }) => {
	const { page } = await person();
	const bob = await netcat("bob");
	const press = async (...keys) => {
		for (const key of keys) await page.keyboard.press(key);
	};
	/* Tab until there; all on the way can be seen to have the focus. */
	const tabTo = async (name) => {
		for (let i = 0; i < 30; i++) {
			await press("Tab");
			const at = await page.evaluate(() => {
				const node = document.activeElement;
				const { outlineStyle } = getComputedStyle(node);
				return {
					name: node.ariaLabel ?? node.innerText,
					isSeen: node === document.body || outlineStyle !== "none",
				};
			});
			assert(at.isSeen, `${at.name} does not show the focus`);
			if (at.name.replace(/\s+/g, " ").trim() === name) return;
		}
		assert.fail(`${name} is not reached`);
	};
	await tabTo("Create an account");
	await press("Enter", "Shift+Tab", "Shift+Tab", "Shift+Tab");
	await page.keyboard.type("alice");
	await press("Tab");
	await page.keyboard.type(PASSWORD);
	await press("Enter");
	await page.getByRole("heading", { name: "#lobby" }).waitFor();
	await page.keyboard.type("typed at once");
	await press("Enter");
	await bob.hears(/typed at once/);

	await tabTo("Skip to the message field");
	await press("Enter");
	assert(
		await page
			.getByLabel("Message", { exact: true })
			.evaluate((node) => node === document.activeElement),
	);
	await tabTo("Join a room");
	await press("Enter");
	await page.keyboard.type("dev");
	await press("Enter");
	await page.getByRole("heading", { name: "#dev" }).waitFor();
	await page.keyboard.type("in dev");
	await press("Enter");
	await press("Alt+ArrowUp");
	await page.getByRole("heading", { name: "#lobby" }).waitFor();
	await press("Alt+ArrowDown");
	await page.getByRole("heading", { name: "#dev" }).waitFor();
	await tabTo("Topic");
	await press("Enter");
	await page.keyboard.type("by keyboard");
	await press("Enter");
	await page.locator("#topic").getByText("by keyboard").waitFor();
	await tabTo("New direct message");
	await press("Enter", "Escape");
	await page.getByRole("dialog").waitFor({ state: "hidden" });
	await tabTo("Messages in #dev");
	await press("Escape");
	await tabTo("Leave");
	await press("Enter");
	await page.getByRole("heading", { name: "#lobby" }).waitFor();
	await tabTo("Log out");
	await press("Enter");
	await page.getByText("You are logged out.").waitFor();
});

/* What axe finds wrong. */
async function faults(page) {
	await page.evaluate(AXE);
	const { violations } = await page.evaluate(() => axe.run());
	return violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html)}`);
}

/* The page in each of its states. */
for (const colorScheme of ["light", "dark"])
	story(
		`nothing stands in the way of anybody, ${colorScheme}`,
		["--history=3"],
		async ({ server, person, netcat, wire }) => {
			const between = await wire();
			const alice = await person(between.url, { colorScheme });
			const bob = await netcat("bob");
			const { page } = alice;
			const press = (name) =>
				page.getByRole("button", { name, exact: true }).click();
			const check = async (name) => {
				assert.deepEqual(await faults(page), [], name);
				await alice.picture(`${name}-${colorScheme}`);
			};
			await alice.logIn("alice");
			await page.getByRole("alert").getByText("Wrong name").waitFor();
			await check("form-refused");
			await press("Create an account");
			await check("form");
			await press("I have an account");
			await alice.signUp("alice");
			await alice.join("dev");
			bob.type(
				"/join dev",
				"see https://example.org/ for more",
				"/msg alice psst",
				"/join ops",
				"/topic ops on call",
			);
			await alice.sees("for more");
			await alice.say("thank you");
			await alice.sees("thank you");
			await page.getByRole("button", { name: "bob 1 unread" }).waitFor();
			await bob.hears(/^OK topic set/);
			await check("chat");

			await press("Join a room");
			await page.getByText("on call").waitFor();
			await page.getByLabel("Name of the room").fill("?");
			await press("Join");
			await page.getByRole("alert").getByText("A room's name").waitFor();
			await check("dialog");
			await page.keyboard.press("Escape");
			await press("Topic");
			await check("dialog-topic");
			await page.keyboard.press("Escape");
			await press("New direct message");
			await page.getByLabel("To whom").fill("nobody");
			await press("Write");
			await alice.say("are you there");
			await page.locator(".fate").getByText("Not sent.").waitFor();
			await check("not-sent");

			await alice.turnTo("#dev");
			between.cut();
			await page.getByRole("status").getByText("Offline since").waitFor();
			await alice.say("a draft");
			await page.getByRole("alert").getByText("You are offline.").waitFor();
			await check("offline");
			bob.type(...[1, 2, 3, 4, 5].map((i) => `/say dev ${i}`), "/join dev");
			await bob.settle();
			await alice.turnTo("#lobby");
			between.mend();
			await alice.turnTo("#dev 3 unread");
			await page.locator(".gap").getByText("no longer kept").waitFor();
			await page.locator(".mark").waitFor();
			await check("gap");
			await page.setViewportSize({ width: 320, height: 400 });
			/* The page is told of it with a frame. */
			await page.getByRole("log").evaluate(async (node) => {
				node.scrollTop = 0;
				for (let i = 0; i < 2; i++)
					await new Promise((done) => requestAnimationFrame(done));
			});
			bob.type("/say dev more");
			await page.getByRole("button", { name: "Newest messages" }).waitFor();
			await check("narrow");
			await page.getByRole("button", { name: /^Rooms/ }).click();
			await check("narrow-rooms");
			await page.getByRole("button", { name: /^People/ }).click();
			await check("narrow-people");
		},
	);

story("nobody is left without the focus", [], async ({ person, wire }) => {
	const between = await wire();
	const alice = await person(between.url, { viewport: { width: 400, height: 600 } });
	const { page } = alice;
	const at = () => page.evaluate(() => document.activeElement.id);
	await alice.signUp("alice");
	await page.getByRole("button", { name: /^People/ }).press("Enter");
	await page.locator("#who").waitFor();
	await page.keyboard.press("Tab"); /* out of it, and round */
	for (let i = 0; i < 20 && (await at()) !== "log"; i++) await page.keyboard.press("Tab");
	assert.equal(await at(), "log");
	assert(await page.locator("#who").isHidden(), "what has the focus is below another part");

	await alice.triesOnlyWhenTold();
	between.cut();
	const tryNow = page.getByRole("button", { name: "Try now" });
	await tryNow.focus();
	between.mend();
	await tryNow.press("Enter");
	await page.getByRole("status").waitFor({ state: "hidden" });
	assert.equal(await at(), "text");
});

story("who wants no motion has none", [], async ({ person }) => {
	const moving = (page) =>
		page.evaluate(() =>
			[...document.querySelectorAll("*")]
				.map((node) => getComputedStyle(node))
				.filter(
					({ transitionDuration, animationName, scrollBehavior }) =>
						/[1-9]/.test(transitionDuration) ||
						animationName !== "none" ||
						scrollBehavior !== "auto",
				)
				.map((style) => style.display),
		);
	const still = await person();
	const other = await person(undefined, { reducedMotion: "no-preference" });
	assert.deepEqual(await moving(still.page), []);
	assert.notDeepEqual(await moving(other.page), []);
});

story("what a screen reader is told", [], async ({ person, netcat }) => {
	const alice = await person();
	const bob = await netcat("bob");
	const { page } = alice;
	await alice.signUp("alice");
	bob.type("/b hello", "/b you");
	await alice.sees("you");
	const tree = (await page.locator("#chat").ariaSnapshot()).replaceAll("'", "");
	for (const part of [
		'- link "Skip to the message field"',
		'- navigation "Conversations":',
		'- heading "Rooms" [level=2]',
		'- button "Join a room"',
		'- list "Rooms":',
		'- heading "#lobby" [level=1]',
		'- log "Messages in #lobby":',
		'- textbox "Message"',
		'- button "Send"',
		'- complementary "Who is here":',
	])
		assert(tree.includes(part), `${part} is not in\n${tree}`);
	/* Each message has its name and time, also where eyes see them once. */
	assert.equal(tree.match(/text: bob\n *- time/g)?.length, 2, tree);
	/* What will be said has a place that is there before. */
	assert(await page.locator("#state-text[role=status]").evaluate((n) => n.checkVisibility()));
	await page
		.locator("#spoken[aria-live=polite]")
		.getByText("bob: hello")
		.waitFor({ state: "attached" });
});

story("on a phone", [], async ({ server, person, netcat }) => {
	const alice = await person(server.url, {
		viewport: { width: 320, height: 568 },
		hasTouch: true,
		isMobile: true,
		deviceScaleFactor: 2,
	});
	const bob = await netcat("bob");
	const { page } = alice;
	const isNarrow = () => page.evaluate(() => document.documentElement.scrollWidth <= 320);
	assert(await isNarrow());
	await alice.picture("phone-form");
	await alice.signUp("alice");
	bob.type("/b a word that-is-very-long-".concat("and-longer-".repeat(30)));
	await alice.sees("a word");
	await alice.say("from the phone");
	await bob.hears(/from the phone/);
	assert(await isNarrow());
	await alice.picture("phone-chat");
	bob.type("/msg alice psst");
	await page.getByRole("button", { name: "Rooms 1 unread" }).tap();
	await alice.picture("phone-rooms");
	await alice.turnTo("bob 1 unread");
	await alice.sees("psst");
	await page.getByRole("navigation").waitFor({ state: "hidden" });
	await page.getByRole("button", { name: "Rooms" }).tap();
	await alice.turnTo("#lobby");
	await page.getByRole("button", { name: "People 2" }).tap();
	await page.locator("#who").getByText("bob").waitFor();
	await alice.picture("phone-people");
	assert.deepEqual(await faults(page), []);
	await page.locator("#who").getByText("bob").tap();
	await page.getByRole("heading", { name: "bob" }).waitFor();
	assert(await isNarrow());
});

/* Whether all that can be pressed at the top is there, and stands free. */
function areFree(ids) {
	const boxes = ids.map((id) => document.getElementById(id).getBoundingClientRect());
	const top = document.querySelector("#here > header").getBoundingClientRect();
	return boxes.every(
		(box, i) =>
			box.width > 0 &&
			box.left >= 0 &&
			box.right <= innerWidth &&
			box.bottom <= top.bottom &&
			boxes.every(
				(other, j) =>
					i === j ||
					other.right <= box.left ||
					box.right <= other.left ||
					other.bottom <= box.top ||
					box.bottom <= other.top,
			),
	);
}

/* A screen of 1280 by 1024, on which that much is shown. */
for (const percent of [200, 400])
	story(`enlarged to ${percent} %`, [], async ({ server, person, netcat }) => {
		const times = percent / 100;
		const viewport = { width: 1280 / times, height: 1024 / times };
		const alice = await person(server.url, {
			viewport,
			deviceScaleFactor: times,
		});
		const bob = await netcat("bob-has-a-name-of-32-letters-bob");
		const { page } = alice;
		await alice.signUp("alice");
		await page.locator("#toggle-places").click();
		await alice.join("a-room-of-a-name-of-32-letters--");
		bob.type("/join a-room-of-a-name-of-32-letters--");
		bob.type("/topic a-room-of-a-name-of-32-letters-- ".concat("long ".repeat(50)));
		bob.type("/b one", "/b two", "/msg alice psst");
		await page.getByRole("button", { name: "Rooms 3" }).waitFor();
		const ids = ["topic", "open-topic", "leave", "toggle-places", "toggle-people"];
		assert(await page.evaluate(areFree, ids), "something is in the way");
		await alice.picture(`enlarged-${percent}`);
		assert(
			await page.evaluate(
				() => document.documentElement.scrollWidth <= innerWidth,
			),
		);
		await alice.say("still to be typed");
		await alice.sees("still to be typed");
		await page.locator("#toggle-people").click();
		await page.locator("#who").getByText("alice").click();
		await page.locator("#toggle-places").click();
		await alice.turnTo(/^bob-has-a-name-of-32-letters-bob 1/);
		await alice.sees("psst");
		assert(await page.evaluate(areFree, ["leave", "toggle-places"]));
	});
