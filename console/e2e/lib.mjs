/**
 * What every browser test of the console needs: a browser, a page that tells of errors, axe, pictures.
 * Plain Playwright on Debian's Chromium; the tests themselves run under `node --test`.
 */
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const ARGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
export const SHOTS = process.env.SHOTS ?? join(import.meta.dirname, "shots");
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** Starts the browser; close it in `after`. */
export function launch() {
  return chromium.launch({ executablePath: CHROMIUM, args: ARGS });
}

/**
 * A page of its own (own cookies). `errors` collects everything that went wrong in it, among it what
 * the content security policy refused; assert on it at the end with `noErrors`.
 */
export async function open(browser, { width = 1366, height = 768, theme = "light", language = "en", locale = "en-GB" } = {}) {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme,
    locale,
    timezoneId: "UTC",
    reducedMotion: "reduce",
  });
  await context.addInitScript((code) => {
    try {
      if (!localStorage.getItem("openline.language")) localStorage.setItem("openline.language", code);
    } catch {
      // about:blank has no storage
    }
  }, language);
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const errors = [];
  page.on("pageerror", (error) => errors.push(`page: ${error.stack ?? error.message}`));
  page.on("console", (message) => {
    // A refused request is reported by the browser too; the tests look at what the screen says of it.
    if (message.type() === "error" && !/Failed to load resource/.test(message.text())) errors.push(`console: ${message.text()}`);
  });
  return { page, context, errors };
}

export function noErrors(errors) {
  assert.deepEqual(errors, [], "errors in the browser");
}

/** Handle by test id. */
export const at = (page, id) => page.getByTestId(id);

/** Signs in through the form. */
export async function signIn(page, base, email, password) {
  await page.goto(`${base}/console/`);
  await at(page, "sign-in").waitFor();
  await page.locator("input[name=email]").fill(email);
  await page.locator("input[name=password]").fill(password);
  await page.locator("[data-testid=sign-in] button[type=submit]").click();
}

/** Fails on any violation of WCAG 2.2 AA or of axe's best practices. */
export async function axe(page, what, { disable = [] } = {}) {
  // Once a document: reading half a megabyte of script anew costs more than the look itself.
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(AXE);
  const { violations } = await page.evaluate(
    ([tags, rules]) =>
      globalThis.axe.run(document, {
        runOnly: { type: "tag", values: tags },
        rules: Object.fromEntries(rules.map((rule) => [rule, { enabled: false }])),
        resultTypes: ["violations"],
      }),
    [AXE_TAGS, disable],
  );
  const told = violations.map((v) => `${v.id} (${v.impact}): ${v.help}\n${v.nodes.map((n) => `   ${n.html.slice(0, 200)}\n   ${n.failureSummary}`).join("\n")}`);
  assert.deepEqual(told, [], `axe: ${what}`);
}

/** Fails when the page is wider than its window. */
export async function noOverflow(page, what) {
  const { wide, window, culprits } = await page.evaluate(() => {
    const limit = document.documentElement.clientWidth;
    const wide = Math.max(document.documentElement.scrollWidth, document.body.scrollWidth);
    const culprits = [];
    for (const element of document.querySelectorAll("body *")) {
      const box = element.getBoundingClientRect();
      if (box.width === 0 || element.closest(".table-wrap, .hidden, .skip")) continue;
      if (box.right > limit + 1 || box.left < -1) culprits.push(`${element.tagName}.${element.className} ${Math.round(box.left)}..${Math.round(box.right)}`);
    }
    return { wide, window: limit, culprits: culprits.slice(0, 8) };
  });
  assert.ok(wide <= window && culprits.length === 0, `${what}: ${wide} px wide in ${window} px: ${culprits.join("; ")}`);
}

/** Fails when something to press is smaller than `least` pixels in height. */
export async function targets(page, what, least = 36) {
  const small = await page.evaluate((least) => {
    const seen = [];
    for (const element of document.querySelectorAll("button, select, input:not([type=checkbox]):not([type=radio]), nav a, [role=option]")) {
      const box = element.getBoundingClientRect();
      if (box.width === 0 || box.height === 0 || element.closest(".skip")) continue;
      if (box.height < least - 0.5 || box.width < 24) seen.push(`${element.tagName} “${element.textContent?.trim().slice(0, 30)}” ${Math.round(box.width)}x${Math.round(box.height)}`);
    }
    return seen;
  }, least);
  assert.deepEqual(small, [], `${what}: targets under ${least} px`);
}

export async function shot(page, name) {
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.png`) });
}

/** Waits until `ask` gives something true; says what it waited for when it does not. */
export async function until(ask, what, ms = 10_000) {
  const end = Date.now() + ms;
  for (;;) {
    if (await ask()) return;
    if (Date.now() > end) assert.fail(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
