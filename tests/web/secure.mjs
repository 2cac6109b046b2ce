/* The page by TLS, on the same port as all else. */
import assert from "node:assert/strict";
import { networkInterfaces } from "node:os";
import { ELSEWHERE, certificate, story } from "./rig.mjs";

const TLS = certificate();

story(
	"by TLS, without it and in lines, on one port and in one room",
	TLS,
	async ({ server, person, netcat, openssl }) => {
		const alice = await person(server.tlsUrl);
		const bob = await person(server.url);
		const carol = await openssl("carol");
		const dave = await netcat("dave");
		const socket = alice.page.waitForEvent("websocket");
		await alice.signUp("alice");
		assert.equal((await socket).url(), `wss://127.0.0.1:${server.port}/ws`);
		await bob.signUp("bob");
		for (const one of [alice, bob]) await one.join("dev");
		for (const one of [carol, dave]) {
			one.type("/join dev");
			await one.hears(/^OK joined/);
		}
		await alice.say("from alice");
		await dave.hears(/^#dev \[alice#\d+\] from alice$/);
		await bob.say("from bob");
		await dave.hears(/^#dev \[bob#\d+\] from bob$/);
		carol.type("from carol");
		await dave.hears(/^#dev \[carol#\d+\] from carol$/);
		dave.type("from dave");
		for (const one of [alice, bob]) {
			await one.sees("from dave");
			await one.reads(
				["alice", "bob", "carol", "dave"].map((name) => `from ${name}`),
			);
		}
		await carol.hears(/^#dev \[dave#\d+\] from dave$/);
		await alice.picture("by-tls");
	},
);

story("by TLS the page comes back, too", TLS, async ({ server, person, openssl }) => {
	const alice = await person(server.tlsUrl);
	await alice.signUp("alice");
	await alice.say("before");
	await alice.sees("before");
	await server.kill();
	await alice.page.getByRole("status").getByText("Offline since").waitFor();
	await server.run();
	await alice.page.getByText("The room starts over.").waitFor();
	const bob = await openssl("bob");
	bob.type("/b after");
	await alice.sees("after");
	await alice.reads(["before", "after"]);
});

story("by TLS nobody can read what is sent", TLS, async ({ server, person }) => {
	const far = await person(`https://${ELSEWHERE}:${server.port}/`);
	await far.signUp("alice");
	await far.page.getByRole("button", { name: "Log out" }).click();
	await far.page.getByText("You are logged out.").waitFor();
	assert(await far.page.getByText("This connection is not encrypted").isHidden());
});

/* Whoever comes by an address of the network is not on this machine to the server. */
const ADDRESS = Object.values(networkInterfaces())
	.flat()
	.find((one) => one.family === "IPv4" && !one.internal)?.address;

story(
	"who may log in by TLS alone is led there",
	[...TLS, "--tls-only", "--listen", `tcp://${ADDRESS}:0`],
	async ({ server, person }) => {
		const line = await server.console.until(/^\[LISTENING\] tcp/);
		const place = line.replace(/.*\//, "");
		const alice = await person(`http://${place}/`);
		await alice.logIn("alice");
		await alice.page.getByRole("alert").getByText("by TLS alone").waitFor();
		await alice.picture("tls-only");
		await alice.page.getByRole("link", { name: `https://${place}/` }).click();
		await alice.page.waitForURL(`https://${place}/`);
		await alice.signUp("alice");
	},
);
