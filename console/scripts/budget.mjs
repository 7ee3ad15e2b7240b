/** Weighs the build in brotli and fails above the budgets of the design: people work over slow, dear links. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";

const KB = 1000;
const SHELL_AND_INBOX = 120 * KB;
const OTHER_SCREEN = 25 * KB;
const LANGUAGE = 15 * KB;

const dist = new URL("../dist", import.meta.url).pathname;
const listed = join(dist, "manifest.json");
if (!existsSync(listed)) {
  console.error("budget: console/dist/manifest.json is missing; run `npm run build`");
  process.exit(1);
}
/** What loads what, by source file. It says nothing to a browser, so it does not stay in what the server gives. */
const manifest = JSON.parse(readFileSync(listed, "utf8"));
for (const ending of ["", ".br", ".gz"]) rmSync(listed + ending, { force: true });

const weigh = (path) => brotliCompressSync(readFileSync(join(dist, path))).length;
const weights = (paths) => [...paths].reduce((sum, path) => sum + weigh(path), 0);
/** Files that come with a part of the console: itself, its styles, and what it imports at once. */
function files(key, found = new Set()) {
  const part = manifest[key];
  if (found.has(part.file)) return found;
  for (const path of [part.file, ...(part.css ?? []), ...(part.assets ?? [])]) found.add(path);
  for (const next of part.imports ?? []) files(next, found);
  return found;
}

let failed = false;
const check = (what, bytes, budget) => {
  const over = bytes > budget;
  failed ||= over;
  console.log(`${over ? "OVER " : "ok   "} ${what.padEnd(34)} ${(bytes / KB).toFixed(1).padStart(6)} KB of ${budget / KB} KB br`);
};

const entry = Object.keys(manifest).find((key) => manifest[key].isEntry);
const first = files(entry);
const languages = Object.keys(manifest).filter((key) => /\.ftl(\?raw)?$/.test(key));
const heaviest = Math.max(...languages.map((key) => weights(files(key))));
check("shell + inbox + one language", weigh("index.html") + weights(first) + heaviest, SHELL_AND_INBOX);
for (const key of languages) check(`language ${manifest[key].name ?? key}`, weights(files(key)), LANGUAGE);

/** Each screen with everything that it loads beyond the shell, also what it loads later: of its words those of one language. */
function screen(key, found = new Set(), words = new Set()) {
  for (const path of files(key)) if (!first.has(path)) found.add(path);
  for (const later of manifest[key].dynamicImports ?? []) {
    if (languages.includes(later)) words.add(later);
    else screen(later, found, words);
  }
  return { found, words };
}
for (const key of manifest[entry].dynamicImports ?? []) {
  if (languages.includes(key)) continue;
  const { found, words } = screen(key);
  const language = Math.max(0, ...[...words].map((one) => weights(files(one))));
  check(key.split("/").pop(), weights(found) + language, OTHER_SCREEN);
}

const index = readFileSync(join(dist, "index.html"), "utf8");
if (/<script(?![^>]*\bsrc=)[^>]*>|<style|\sstyle=|\son\w+=/.test(index)) {
  console.error("budget: index.html holds inline script or style, which the server's policy refuses");
  failed = true;
}
process.exit(failed ? 1 : 0);
