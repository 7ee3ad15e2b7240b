/** Weighs the build in brotli and fails above the budgets of the design: people work over slow, dear links. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";

const KB = 1000;
const SHELL_AND_INBOX = 120 * KB;
const OTHER_SCREEN = 25 * KB;
const LANGUAGE = 15 * KB;

const dist = new URL("../dist", import.meta.url).pathname;
const assets = join(dist, "assets");
if (!existsSync(assets)) {
  console.error("budget: console/dist is missing; run `npm run build`");
  process.exit(1);
}
const weigh = (path) => brotliCompressSync(readFileSync(path)).length;
const names = readdirSync(assets).filter((name) => /\.(js|css|svg)$/.test(name));
const index = readFileSync(join(dist, "index.html"), "utf8");

let failed = false;
const check = (what, bytes, budget) => {
  const over = bytes > budget;
  failed ||= over;
  console.log(`${over ? "OVER " : "ok   "} ${what.padEnd(34)} ${(bytes / KB).toFixed(1).padStart(6)} KB of ${budget / KB} KB br`);
};

const first = names.filter((name) => index.includes(name));
const languages = names.filter((name) => /^(en|es|ar)-/.test(name));
const heaviest = Math.max(...languages.map((name) => weigh(join(assets, name))));
const shell = weigh(join(dist, "index.html")) + first.reduce((sum, name) => sum + weigh(join(assets, name)), 0) + heaviest;
check("shell + inbox + one language", shell, SHELL_AND_INBOX);
for (const name of languages) check(`language ${name}`, weigh(join(assets, name)), LANGUAGE);
const later = names.filter((name) => !first.includes(name) && !languages.includes(name));
check("settings and what they load", later.reduce((sum, name) => sum + weigh(join(assets, name)), 0), OTHER_SCREEN);

if (/<script(?![^>]*\bsrc=)[^>]*>|<style|\sstyle=|\son\w+=/.test(index)) {
  console.error("budget: index.html holds inline script or style, which the server's policy refuses");
  failed = true;
}
process.exit(failed ? 1 : 0);
