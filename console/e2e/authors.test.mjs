/**
 * The story of a flow author and an administrator in a real browser against the real server: an export is
 * brought in, tried on every look, stopped by what is wrong with it, and published.
 *
 * The steps build on each other, so that one that fails fails those after it.
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { PASSWORD, ROOT, startServer } from "./authors.server.mjs";
import { at, axe, launch, noErrors, noOverflow, open, shot, signIn, until } from "./lib.mjs";

const WIDE = { width: 1366, height: 768 };
const NARROW = { width: 320, height: 640 };
const PATIENCE_MS = 30_000;
const STEP_MS = 240_000;

let server;
let browser;
let tab;
let flows;
let failed = null;

function step(title, work) {
  it(title, { timeout: STEP_MS }, async () => {
    assert.equal(failed, null, `the step before this one failed: ${failed}`);
    failed = title;
    try {
      await work(tab.page);
    } catch (error) {
      await shot(tab.page, "authors-failure").catch(() => {});
      error.message += `\nThe page says:\n${await tab.page.locator("body").innerText().catch(() => "")}\nThe server said:\n${server.said()}`;
      throw error;
    }
    failed = null;
  });
}
async function pictures(name) {
  for (const size of [WIDE, NARROW]) {
    await tab.page.setViewportSize(size);
    const label = `authors-${name}-${size.width}`;
    await shot(tab.page, label);
    await noOverflow(tab.page, label);
    await axe(tab.page, label);
  }
  await tab.page.setViewportSize(WIDE);
}
const text = async (id) => (await at(tab.page, id).innerText()).replace(/[\u2068\u2069]/g, "");
const eventually = (ask, what) => until(ask, what, PATIENCE_MS);
const bubbles = (from) => tab.page.locator(`[data-testid=bubble][data-from=${from}]`);
const lastHeard = async () => (await bubbles("line").last().innerText()).replace(/[\u2068\u2069]/g, "");

/** An export of the sample's flows with something changed, as RapidPro would write it. */
function exported(change) {
  const copy = structuredClone(flows);
  change(copy);
  return { name: "rapidpro-export.json", mimeType: "application/json", buffer: Buffer.from(JSON.stringify(copy)) };
}
const flowOf = (given, name) => given.flows.find((flow) => flow.name === name);
const firstMessage = (flow) => flow.nodes.flatMap((node) => node.actions).find((action) => action.type === "send_msg");
async function bring(file) {
  await at(tab.page, "tab-list").click();
  await at(tab.page, "import-file").setInputFiles(file);
  await at(tab.page, "checks").waitFor();
}

before(async () => {
  flows = JSON.parse(await readFile(join(ROOT, "content", "casa", "flows.json"), "utf8"));
  server = await startServer([
    { name: "Fernanda Toapanta", email: "fernanda@casa.example", role: "flow_author" },
    { name: "Esteban Mora", email: "esteban@casa.example", role: "administrator" },
  ]);
  browser = await launch();
  tab = await open(browser, WIDE);
  tab.page.setDefaultTimeout(PATIENCE_MS);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

describe("the story of a flow author", () => {
  step("1: she sees the flows, and no inbox", async (page) => {
    await signIn(page, server.base, "fernanda@casa.example", PASSWORD);
    await at(page, "flows-list").waitFor();
    const menu = await page.locator("#main-menu > a").evaluateAll((links) => links.map((link) => link.dataset.testid));
    assert.deepEqual(menu, ["menu-flows", "menu-you"]);
    await eventually(async () => (await at(page, "flow").count()) === flows.flows.length, "the published flows");
    await pictures("1-flows");
  });

  step("2: the simulator plays the menu on WhatsApp, SMS and the web chat", async (page) => {
    await page.locator("[data-testid=flow]").filter({ hasText: "menu" }).getByTestId("try").click();
    await bubbles("line").first().waitFor();
    await at(page, "sim-write").fill("Oficinas y horarios");
    await at(page, "sim-send").click();
    await eventually(async () => (await bubbles("person").count()) === 1, "her words");
    await pictures("2-whatsapp");
    await at(page, "look-sms").click();
    await at(page, "segments").first().waitFor();
    assert.match(await bubbles("line").first().innerText(), /1[.)] /);
    await pictures("2-sms");
    await at(page, "look-webchat").click();
    await page.locator("[data-testid=bubble][data-look=webchat]").first().waitFor();
    await pictures("2-webchat");
    await at(page, "sim-language").selectOption("eng");
    await eventually(async () => /english|topic|choose|assistant/i.test(await bubbles("line").first().innerText()), "the menu in English");
  });

  step("3: the talk after a conversation is tapped through, taken back, and kept as a test", async (page) => {
    await at(page, "sim-language").selectOption("");
    await at(page, "sim-flow").selectOption({ label: "satisfaction" });
    await eventually(async () => /¿Cómo fue la atención\?/.test(await lastHeard()), "the question");
    await page.getByTestId("tap").filter({ hasText: "Regular" }).click();
    await at(page, "ended").waitFor();
    const first = await lastHeard();
    await at(page, "undo-step").click();
    await page.getByTestId("tap").filter({ hasText: "Mala" }).click();
    await at(page, "ended").waitFor();
    assert.notEqual(await lastHeard(), first);
    assert.match(await text("knows"), /satisfaction/i);
    await at(page, "keep").click();
    await at(page, "keep-name").fill("Mala, y contada en el simulador");
    await at(page, "keep-confirm").click();
    await at(page, "keep-dialog").waitFor({ state: "detached" });
    await at(page, "tab-tests").click();
    await page.locator("[data-testid=saved]").filter({ hasText: "contada en el simulador" }).waitFor();
  });

  step("4: a file that is no export is refused in words", async (page) => {
    await at(page, "tab-list").click();
    await at(page, "import-file").setInputFiles({ name: "people.json", mimeType: "application/json", buffer: Buffer.from('{"contacts": []}') });
    await at(page, "import-failure").waitFor();
    assert.match(await text("import-failure"), /no export of RapidPro/);
  });

  step("5: an expression that names nothing blocks publishing, with its place", async (page) => {
    await bring(
      exported((given) => {
        firstMessage(flowOf(given, "satisfaction")).text = "Hola @(upper(fields.distrct)) y @contact.frist_name";
      }),
    );
    await at(page, "problem").first().waitFor();
    assert.match(await text("checks"), /block publishing|blocks publishing/);
    assert.equal(await at(page, "publish").getAttribute("aria-disabled"), "true");
    await pictures("5-errors");
  });

  step("6: the report says what is missing and what differs", async (page) => {
    await bring(
      exported((given) => {
        const action = firstMessage(flowOf(given, "satisfaction"));
        action.text = "Terminó la charla. ¿Cómo le fue?";
        given.campaigns = [{ uuid: "0d7ce9a8-1f4e-4a52-9a4e-1d4a8e6a1f00", name: "Recordatorios", group: { uuid: "0d7ce9a8-1f4e-4a52-9a4e-1d4a8e6a1f01", name: "Familias" }, events: [] }];
      }),
    );
    await at(page, "report-differs").click();
    await page.locator("[data-testid=report-item]").filter({ hasText: "Recordatorios" }).waitFor();
    await at(page, "show-changed").click();
    await page.locator("[data-testid=flow]").filter({ hasText: "satisfaction" }).waitFor();
    await pictures("6-draft");
  });

  step("7: red conversations stop it, side by side", async (page) => {
    await at(page, "publish").click();
    await at(page, "publish-confirm").click();
    await at(page, "blocked").waitFor();
    assert.equal(await at(page, "blocked").getAttribute("data-why"), "red-tests");
    assert.match(await page.getByTestId("expected").first().innerText(), /¿Cómo fue la atención\?|How was the help/);
    assert.match(await page.getByTestId("came").first().innerText(), /¿Cómo le fue\?|How was the help|Terminó la charla/);
    await pictures("7-red");
    await at(page, "discard-draft").click();
    await at(page, "discard-draft-confirm").click();
    await at(page, "flows-list").waitFor();
    assert.equal(await at(page, "tab-draft").count(), 0);
  });

  step("8: what is right is published, and answers from then on", async (page) => {
    const before = Number(/Version (\d+)/.exec(await text("flows-list"))[1]);
    await bring(
      exported((given) => {
        const extra = structuredClone(flowOf(given, "satisfaction"));
        extra.uuid = "7b3a2c6e-52f0-4a0b-9f0e-3f6f6f3a9c11";
        extra.name = "satisfaction, second try";
        given.flows.push(extra);
      }),
    );
    await at(page, "run-tests").click();
    await eventually(async () => /green/.test(await text("checks")), "the green run");
    await at(page, "publish").click();
    await at(page, "publish-confirm").click();
    await at(page, "flows-list").waitFor();
    await page.locator("[data-testid=flow]").filter({ hasText: "second try" }).waitFor();
    assert.ok(Number(/Version (\d+)/.exec(await text("flows-list"))[1]) > before);
  });

  step("9: nobody else gets in by the address", async (page) => {
    const answers = await page.evaluate(async () => {
      const session = await (await fetch("/api/v1/session")).json();
      const line = session.lines[0].id;
      const ask = async (path) => (await fetch(`/api/v1/lines/${line}/${path}`)).status;
      return [await ask("flows"), await ask("conversations?view=all"), await ask("health"), await ask("channels")];
    });
    assert.deepEqual(answers, [200, 404, 404, 404]);
  });

  step("10: an administrator changes roles, and sets a channel up that is tested live", async (page) => {
    await at(page, "sign-out").click();
    await signIn(page, server.base, "esteban@casa.example", PASSWORD);
    await at(page, "me").waitFor();
    await at(page, "menu-users").click();
    const row = page.locator("[data-testid=user]").filter({ hasText: "Fernanda" });
    await row.getByTestId("edit-roles").click();
    await at(page, "role-line_manager").check();
    await at(page, "roles-confirm").click();
    await row.getByText("Line manager").waitFor();
    await at(page, "menu-channels").click();
    await at(page, "add-channel").click();
    await at(page, "provider-dialog").waitFor();
    await page.keyboard.type("Telegram");
    await page.keyboard.press("Enter");
    await at(page, "channel-save").click();
    await pictures("10-form");
    await page.locator("#set-bot_token").fill("123456:abcdefghijklmnopqrstuvwxyz");
    await page.locator("#set-secret_token").fill("a-word-of-our-own");
    await at(page, "channel-dialog").locator("summary").click();
    // Nobody listens there: the test of the account must say so, and call nobody outside.
    await page.locator("#set-base_url").fill("http://127.0.0.1:9");
    await at(page, "channel-save").click();
    await at(page, "channel-card").first().waitFor();
    assert.match(await at(page, "answer").first().innerText(), /does not answer/);
    await at(page, "pause-channel").click();
    await page.locator("[data-testid=channel-card][data-state=paused]").waitFor();
    await at(page, "channel-delivery").click();
    await at(page, "unknown-resend").check();
    await at(page, "delivery-save").click();
    await at(page, "delivery-dialog").waitFor({ state: "detached" });
    await at(page, "channel-settings").click();
    assert.equal(await page.locator("#set-bot_token").inputValue(), "", "a secret is never shown again");
    await page.locator("#set-base_url").waitFor({ state: "attached" });
    await at(page, "channel-save").click();
    await page.locator("[data-testid=channel-card][data-state]").waitFor();
    await at(page, "channel-dialog").waitFor({ state: "detached" });
    await pictures("10-channels");
  });

  it("leaves no error in the browser", () => noErrors(tab.errors));
});
