/*
 * Stories of people at the page, in a real Chromium, beside others at nc. `make
 * test-web` runs them; pictures of what they see go to build/web.
 */
import { useBrowser } from "./rig.mjs";

useBrowser();
await import("./talking.mjs");
await import("./secure.mjs");
await import("./losing.mjs");
await import("./reading.mjs");
await import("./access.mjs");
