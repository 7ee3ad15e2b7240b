/**
 * The real demo for a browser test: server, fake providers and phones in one process, in a folder of its own.
 * And the people of the story: on a phone of the page of phones, or on the public web chat.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** So many messages tell where somebody stands. */
const SHOWN = 6;
const START_MS = 60_000;
const STOP_MS = 30_000;
/** How long anybody waits for anything; a busy machine is slow, a working one is not. */
export const PATIENCE_MS = 30_000;

function binary() {
  const folder = process.env.OPENLINE_BIN_DIR ?? "../target/debug";
  // Relative to the console, where npm starts the tests, or to the project, as bin/ci says it.
  const console_ = resolve(import.meta.dirname, "..");
  const places = [resolve(console_, folder, "demo"), resolve(console_, "..", folder, "demo")];
  const found = places.find((place) => existsSync(place));
  assert.ok(
    found,
    `The story needs the demo and it is not at ${places.join(" or ")}. Build it: (cd console && npm run build) && cargo build -p world --bin demo; OPENLINE_BIN_DIR names its folder.`,
  );
  return found;
}

function isFree(port) {
  return new Promise((tell) => {
    const probe = createServer();
    probe.once("error", () => tell(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => tell(true)));
  });
}

/** Two free ports, one after the other. */
async function freePorts() {
  for (let tries = 0; tries < 50; tries += 1) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    if ((await isFree(port)) && (await isFree(port + 1))) return port;
  }
  throw new Error("no two neighbouring ports are free");
}

/**
 * Starts the demo and reads from its words where everything is and who can sign in.
 * @returns {Promise<{phones: string, base: string, chat: string, team: Map<string, {email: string, password: string}>, said: () => string, stop: () => Promise<void>}>}
 */
export async function startDemo() {
  const path = binary();
  const data = await mkdtemp(join(tmpdir(), "openline-story-"));
  const port = await freePorts();
  const child = spawn(path, ["--port", String(port), "--data", join(data, "demo")], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  let ended = null;
  const ready = new Promise((tell, fail) => {
    const late = setTimeout(() => fail(new Error(`the demo was not ready in ${START_MS} ms; it said:\n${said}`)), START_MS);
    const hear = (chunk) => {
      said += chunk;
      if (!said.includes("Ctrl-C stops")) return;
      clearTimeout(late);
      tell();
    };
    child.stdout.setEncoding("utf8").on("data", hear);
    child.stderr.setEncoding("utf8").on("data", hear);
    child.once("exit", (code, signal) => {
      ended = code ?? signal;
      clearTimeout(late);
      fail(new Error(`the demo ended (${ended}); it said:\n${said}`));
    });
  });
  const exited = new Promise((tell) => child.once("exit", tell));
  async function stop() {
    const running = ended === null;
    let late;
    if (running) {
      child.kill("SIGINT");
      late = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
      await exited;
      clearTimeout(late);
    }
    await rm(data, { recursive: true, force: true });
    if (running) assert.equal(ended, 0, `the demo did not stop cleanly; it said:\n${said}`);
  }
  try {
    await ready;
    const place = (name) => said.match(new RegExp(`${name}[^\\n]*?(http://\\S+)`))?.[1].replace(/\/$/, "");
    const team = new Map();
    for (const [, email, password, name] of said.matchAll(/^ {2}(\S+@\S+) +password (\S+) +(.+) \(.*\)$/gm)) {
      team.set(name.split(" ")[0], { email, password, name });
    }
    return { phones: place("Phones"), base: new URL(place("Console")).origin, chat: place("Public web chat"), team, said: () => said, stop };
  } catch (error) {
    await stop().catch(() => {});
    throw error;
  }
}

/** Waits until `ask` gives something true and gives it back; says what there is instead when it does not. */
export async function eventually(ask, what, state, ms = PATIENCE_MS) {
  const end = Date.now() + ms;
  for (;;) {
    const found = await ask();
    if (found) return found;
    if (Date.now() > end) assert.fail(`waited ${ms} ms in vain for ${what}. There is:\n${await state()}`);
    await new Promise((tell) => setTimeout(tell, 100));
  }
}

/** Somebody who writes to the line: reads messages in order, each once. */
class Person {
  /** How many messages were read. */
  read = 0;

  constructor(page, name) {
    this.page = page;
    this.name = name;
  }

  async state() {
    const all = await this.messages();
    const tell = (m) => `  ${m.mine ? this.name : "the line"}: ${m.text.replaceAll("\n", "\n    ")} [${m.choices.join(" | ")}] ${m.files.join(" ")} (${m.status})`;
    return `${this.name} sees ${all.length} messages (${this.read} read), the last ones:\n${all.slice(-SHOWN).map(tell).join("\n")}\n`;
  }

  /** The next message of the line with such words, among those that were not read; those before it count as read. */
  hears(words) {
    return this.#gets((message) => words.test(message.text), String(words));
  }

  /** The address of the voice recording that came since the person last wrote; some channels carry it as a link. */
  hearsAudio() {
    const audio = (message) => [...message.files.filter((file) => file.startsWith("audio")).map((file) => file.split(" ")[1]), ...message.links.filter((link) => link.endsWith(".ogg"))];
    return eventually(
      async () => {
        const all = await this.messages();
        const since = all.slice(all.findLastIndex((message) => message.mine) + 1);
        return since.filter((message) => !/Not delivered/.test(message.status)).flatMap(audio)[0];
      },
      `a voice recording for ${this.name}`,
      () => this.state(),
    );
  }

  #gets(isIt, what) {
    return eventually(
      async () => {
        const all = await this.messages();
        const at = all.findIndex((m, index) => index >= this.read && !m.mine && isIt(m));
        if (at < 0) return null;
        this.read = at + 1;
        return all[at];
      },
      `the line to tell ${this.name} ${what}`,
      () => this.state(),
    );
  }

  /** All that the line ever said. */
  async everHeard() {
    return (await this.messages()).filter((m) => !m.mine).map((m) => m.text).join("\n---\n");
  }
}

/** A person on the page of phones. */
export class Phone extends Person {
  constructor(page, name) {
    super(page, name);
    this.section = page.locator(`section.phone[aria-label^="${name}'s phone"]`);
  }

  async messages() {
    return this.section.locator("li.bubble").evaluateAll((items) =>
      items.map((item) => ({
        mine: item.classList.contains("me"),
        text: [...item.querySelectorAll(":scope > p:not(.status)")].map((p) => p.innerText).join("\n"),
        isList: item.querySelector("details") !== null,
        choices: [...item.querySelectorAll(".choices button")].map((button) => button.firstChild.textContent),
        files: [...item.querySelectorAll("audio, img, video")].map((file) => `${file.tagName.toLowerCase()} ${file.src}`),
        links: [...item.querySelectorAll("a")].map((a) => a.href),
        status: item.querySelector(".status")?.textContent ?? "",
      })),
    );
  }

  async #sent(before) {
    const mine = async () => (await this.messages()).filter((m) => m.mine);
    await eventually(async () => (await mine()).length > before, `${this.name}'s message to leave`, () => this.state());
    await eventually(
      async () => /Delivered|Read/.test((await mine()).at(-1).status),
      `${this.name}'s message to be delivered`,
      () => this.state(),
    );
  }

  async says(text) {
    const before = (await this.messages()).filter((m) => m.mine).length;
    await this.section.getByRole("textbox").fill(text);
    await this.section.getByRole("textbox").press("Enter");
    await this.#sent(before);
  }

  /** Taps a choice of the newest message that offers it. */
  async taps(title) {
    const before = (await this.messages()).filter((m) => m.mine).length;
    const button = this.section.locator(".choices button").filter({ hasText: title }).last();
    const list = this.section.locator("details").filter({ hasText: title }).last();
    if (!(await button.isVisible()) && (await list.count()) > 0) await list.locator("summary").click();
    await button.click();
    await this.#sent(before);
  }
}

/** A person on the public web chat. */
export class Visitor extends Person {
  async messages() {
    return this.page.evaluate(() => {
      const all = [...document.querySelectorAll("#ms > li")].map((item) => ({
        mine: item.classList.contains("y"),
        text: [...item.querySelectorAll(".b > p")].filter((p) => !p.querySelector("a.a")).map((p) => p.innerText).join("\n"),
        choices: [],
        files: [...item.querySelectorAll("a.a")].map((a) => `${a.dataset.type} ${a.href}`),
        links: [],
        status: item.querySelector("small")?.innerText ?? "",
      }));
      // The buttons stand below the messages and belong to the last one.
      const buttons = [...document.querySelectorAll("#q button")];
      if (all.length > 0) all.at(-1).choices = buttons.map((button) => (button.querySelector("span") ?? button).innerText);
      return all;
    });
  }

  async says(text) {
    await this.page.locator("#t").fill(text);
    await this.page.locator("#f button.p").click();
  }

  async taps(title) {
    await this.page.locator("#q button").filter({ hasText: title }).first().click();
  }
}
