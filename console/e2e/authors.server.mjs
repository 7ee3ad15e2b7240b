/** The real server in a folder of its own, with the sample line and staff of our choice. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

export const ROOT = resolve(import.meta.dirname, "..", "..");
export const PASSWORD = "correct horse battery staple";
const START_MS = 60_000;
const LOOK_EVERY_MS = 100;

function binary() {
  const folder = process.env.OPENLINE_BIN_DIR ?? "target/debug";
  const places = [resolve(ROOT, "console", folder, "openline"), resolve(ROOT, folder, "openline")];
  const found = places.find((place) => existsSync(place));
  assert.ok(found, `The server is not at ${places.join(" or ")}. Build it: (cd console && npm run build) && cargo build -p openline; OPENLINE_BIN_DIR names its folder.`);
  return found;
}

function freePort() {
  return new Promise((tell, fail) => {
    const probe = createServer();
    probe.once("error", fail);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => tell(port));
    });
  });
}

/** Runs a command of the server to its end. */
function run(path, args, input = "") {
  return new Promise((tell, fail) => {
    const child = spawn(path, args, { stdio: ["pipe", "pipe", "pipe"] });
    let said = "";
    child.stdout.on("data", (chunk) => (said += chunk));
    child.stderr.on("data", (chunk) => (said += chunk));
    child.once("error", fail);
    child.once("exit", (code) => (code === 0 ? tell(said) : fail(new Error(`openline ${args.join(" ")} ended with ${code}:\n${said}`))));
    child.stdin.end(input);
  });
}

/**
 * @param {{name: string, email: string, role: string}[]} staff who can sign in with `PASSWORD`
 * @returns {Promise<{base: string, said: () => string, stop: () => Promise<void>}>}
 */
export async function startServer(staff) {
  const path = binary();
  const folder = await mkdtemp(join(tmpdir(), "openline-authors-"));
  const port = await freePort();
  const base = `http://127.0.0.1:${port}`;
  const config = join(folder, "openline.toml");
  await writeFile(config, `data = ${JSON.stringify(join(folder, "data"))}\nlisten = "127.0.0.1:${port}"\npublic_url = "${base}"\ndatabase = "sqlite"\nallow_private_addresses = true\n`);
  const own = ["--config", config];
  await run(path, [...own, "import", join(ROOT, "content", "casa")]);
  for (const { name, email, role } of staff) {
    await run(path, [...own, "staff", "--name", name, "--email", email, "--role", role, ...(role === "administrator" ? [] : ["--line", "casa"])], `${PASSWORD}\n`);
  }
  const child = spawn(path, [...own, "serve"], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  let ended = false;
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (chunk) => (said += chunk));
  const exited = new Promise((tell) => child.once("exit", () => tell((ended = true))));
  async function stop() {
    if (!ended) child.kill("SIGINT");
    await exited;
    await rm(folder, { recursive: true, force: true });
  }
  const end = Date.now() + START_MS;
  for (;;) {
    const answer = await fetch(`${base}/console/`).catch(() => null);
    if (answer?.ok) return { base, said: () => said, stop };
    if (ended || Date.now() > end) {
      await stop();
      throw new Error(`the server did not come up; it said:\n${said}`);
    }
    await new Promise((tell) => setTimeout(tell, LOOK_EVERY_MS));
  }
}
