/** What a flow author does, on the mock server: import, look, talk, keep, publish; and what stops her. */
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { at, launch, noErrors, open, signIn, until } from "./lib.mjs";
import { PASSWORD, start } from "./mock.mjs";

const EXPORT = { name: "export.json", mimeType: "application/json", buffer: Buffer.from('{"flows": []}') };

let browser;
let mock;
let tab;
before(async () => (browser = await launch()));
after(async () => await browser?.close());
beforeEach(async () => {
  mock = await start({ language: "en" });
  tab = await open(browser);
  await signIn(tab.page, mock.base, "fatima@casa.example", PASSWORD);
  await at(tab.page, "flows-list").waitFor();
});
afterEach(async () => {
  await tab.context.close();
  await mock.stop();
  noErrors(tab.errors);
});
/** Without the marks that isolate names. */
const text = async (id) => (await at(tab.page, id).innerText()).replace(/[\u2068\u2069]/g, "");
const sent = (end) => mock.log.filter((call) => call.path.endsWith(end));

describe("importing", () => {
  it("says what is wrong with a file that is no export, and keeps what there was", async () => {
    const { page } = tab;
    await at(page, "import-file").setInputFiles({ ...EXPORT, buffer: Buffer.from('{"contacts": []}') });
    await at(page, "import-failure").waitFor();
    assert.match(await text("import-failure"), /no export of RapidPro[^]*There are no flows in this file/);
    assert.equal(mock.flows.draft, null);
  });

  it("tells of a lost connection, and the same file can be tried again", async () => {
    const { page } = tab;
    mock.faults.set("draft", { status: 0 });
    await at(page, "import-file").setInputFiles(EXPORT);
    await at(page, "import-failure").waitFor();
    assert.match(await text("import-failure"), /cannot be reached/);
    mock.faults.clear();
    await at(page, "import-file").setInputFiles(EXPORT);
    await at(page, "checks").waitFor();
  });

  it("can be stopped while the file is sent", async () => {
    const { page } = tab;
    let go;
    mock.faults.set("draft", { before: () => new Promise((tell) => (go = tell)), times: 1 });
    await at(page, "import-file").setInputFiles(EXPORT);
    await at(page, "import-stop").click();
    await at(page, "import-choose").waitFor();
    assert.equal(await at(page, "import-failure").count(), 0);
    go();
  });
});

describe("publishing", () => {
  async function imported() {
    await at(tab.page, "import-file").setInputFiles(EXPORT);
    await at(tab.page, "checks").waitFor();
  }
  async function publish() {
    await at(tab.page, "publish").click();
    await at(tab.page, "publish-confirm").click();
  }

  it("goes live once it was confirmed", async () => {
    await imported();
    await publish();
    await at(tab.page, "flows-list").waitFor();
    assert.deepEqual(sent("publish").map((call) => call.body), [{ version: 12 }]);
    assert.match(await text("flows-list"), /Version 13/);
    assert.equal(await at(tab.page, "tab-draft").count(), 0);
  });

  it("shows before what the channels make of what it changes", async () => {
    const { page } = tab;
    mock.faults.set("outlook", { status: 503, times: 1 });
    await imported();
    await page.getByRole("button", { name: "Try again" }).click();
    await until(async () => (await at(page, "outlook").count()) === 2, "both channels");
    const [whatsapp, sms] = [at(page, "outlook").first(), at(page, "outlook").last()];
    assert.match(await whatsapp.innerText(), /42\S? messages, all as they are written/);
    assert.match(await sms.innerText(), /39\S? of \S?42\S? messages take several SMS/);
    await sms.locator("summary").click();
    const first = sms.getByTestId("outlook-message").first();
    assert.match(await first.innerText(), /SMS, [^]*0\.2226 USD[^]*numbered lines/);
    assert.match(await sms.innerText(), /SMS carries no files[^]*36\S? more/);
  });

  it("is not offered while there are errors, each with its place", async () => {
    mock.flows.faulty = true;
    await imported();
    await at(tab.page, "publish").click({ force: true });
    assert.equal(await at(tab.page, "publish-dialog").count(), 0);
    assert.match(await at(tab.page, "problem").first().innerText(), /distrct[^]*Node[^]*Field/);
  });

  it("is stopped by a red conversation, shown side by side, and goes on when that is gone", async () => {
    const { page } = tab;
    await imported();
    mock.flows.red.add("test-0");
    await publish();
    await at(page, "blocked").waitFor();
    assert.match(await text("expected"), /Capulíes/);
    assert.match(await text("came"), /…|\.\.\./);
    await at(page, "tab-tests").click();
    await page.locator("[data-slug=test-0]").getByTestId("delete-saved").click();
    await at(page, "delete-saved-confirm").click();
    await until(async () => (await at(page, "saved").count()) === 2, "the conversation to go");
    await at(page, "tab-draft").click();
    await publish();
    await at(page, "flows-list").waitFor();
  });

  it("is stopped when somebody else published, and the next try names what is there now", async () => {
    await imported();
    mock.flows.published = { ...mock.flows.published, version: 20 };
    await publish();
    await at(tab.page, "blocked").waitFor();
    assert.match(await text("blocked"), /Somebody else published/);
    await publish();
    await at(tab.page, "flows-list").waitFor();
    assert.deepEqual(sent("publish").map((call) => call.body.version), [12, 20]);
  });

  it("can be given up", async () => {
    await imported();
    await at(tab.page, "discard-draft").click();
    await at(tab.page, "discard-draft-confirm").click();
    await at(tab.page, "flows-list").waitFor();
    assert.equal(mock.flows.draft, null);
  });
});

describe("the simulator", () => {
  const bubbles = (from) => tab.page.locator(`[data-testid=bubble][data-from=${from}]`);
  async function talking() {
    const { page } = tab;
    await at(page, "try").first().click();
    await bubbles("line").first().waitFor();
  }

  it("is usable with the keyboard alone, from the first tap to a kept test", async () => {
    const { page } = tab;
    await talking();
    await at(page, "talk").focus();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await until(async () => (await bubbles("line").count()) === 2, "the answer");
    assert.equal(await page.evaluate(() => document.activeElement?.dataset.testid), "sim-write", "the focus is where one goes on");
    await page.keyboard.type("Shelter");
    await page.keyboard.press("Enter");
    await at(page, "answer-call").waitFor();
    await until(async () => (await page.evaluate(() => document.activeElement?.closest("[data-testid=answer-call]") !== null)), "the focus in the call");
    await at(page, "call-body").fill('{"office": "Quito"}');
    await at(page, "call-answer").press("Enter");
    await at(page, "ended").waitFor();
    await at(page, "keep").press("Enter");
    await page.keyboard.type("Everything goes well");
    await page.keyboard.press("Enter");
    await at(page, "keep-dialog").waitFor({ state: "detached" });
    const [kept] = sent("from-simulation");
    assert.equal(kept.body.name, "Everything goes well");
    assert.deepEqual(kept.body.simulation.steps, [{ taps: "Papers" }, { says: "Shelter" }, { answers: { webhook: { status: 200, body: { office: "Quito" } } } }]);
    assert.equal(new Set(sent("simulate").map((call) => call.body.begins_on)).size, 1, "one talk begins at one moment");
  });

  it("takes steps back, one at a time, and starts again", async () => {
    const { page } = tab;
    await talking();
    await at(page, "tap").first().click();
    await until(async () => (await bubbles("line").count()) === 2, "the answer");
    await at(page, "undo-step").click();
    await until(async () => (await bubbles("line").count()) === 1, "the step to be gone");
    await at(page, "sim-write").fill("Health");
    await at(page, "sim-send").click();
    await until(async () => (await bubbles("line").count()) === 2, "the other answer");
    await at(page, "restart").click();
    await until(async () => (await bubbles("line").count()) === 1, "the beginning");
  });

  it("plays the same talk on SMS, with numbers, segments and what SMS cannot show", async () => {
    const { page } = tab;
    await talking();
    await at(page, "look-sms").click();
    await at(page, "segments").waitFor();
    assert.match(await text("degraded"), /SMS has no buttons/);
    await at(page, "tap").nth(1).click();
    await until(async () => (await bubbles("person").count()) === 1, "her number");
    assert.deepEqual(sent("simulate").at(-1).body.steps, [{ says: "2" }]);
    assert.match(await text("sms-count"), /2 SMS/);
  });

  it("sends pictures and places, and waits in silence", async () => {
    const { page } = tab;
    await talking();
    await at(page, "sim-file").click();
    await at(page, "sim-give").click();
    await until(async () => (await bubbles("person").count()) === 1, "the picture");
    await at(page, "sim-place").click();
    await at(page, "sim-place-value").fill("Quito");
    await at(page, "sim-give").click();
    assert.equal(await at(page, "sim-place-value").getAttribute("aria-invalid"), "true");
    await at(page, "sim-place-value").fill("-0.1807, -78.4678");
    await at(page, "sim-give").click();
    await until(async () => (await bubbles("person").count()) === 2, "the place");
    await at(page, "silent-timeout").click();
    await until(async () => (await bubbles("line").count()) === 4, "the question after the silence");
    assert.deepEqual(sent("simulate").at(-1).body.steps, [
      { sends: ["image/jpeg:https://example.org/photo.jpg"] },
      { sends: ["geo:-0.1807,-78.4678"] },
      { silent_until: "timeout" },
    ]);
  });

  it("keeps the talk when a step is refused or the connection is lost", async () => {
    const { page } = tab;
    await talking();
    mock.faults.set("simulate", { status: 0 });
    await at(page, "sim-write").fill("Health");
    await at(page, "sim-send").click();
    await at(page, "sim-failure").waitFor();
    assert.equal(await at(page, "sim-write").inputValue(), "Health", "what was written stays");
    mock.faults.clear();
    await at(page, "sim-send").click();
    await until(async () => (await bubbles("line").count()) === 2, "the answer");
    assert.equal(await at(page, "sim-failure").count(), 0);
  });

  it("talks as whom the author says", async () => {
    const { page } = tab;
    await talking();
    await at(page, "sim-name").fill("Amina");
    await at(page, "sim-language").selectOption("eng");
    await at(page, "add-field").click();
    await at(page, "field-key").fill("district");
    await at(page, "field-value").fill("Quito");
    await at(page, "field-value").press("Tab");
    await until(() => Object.hasOwn(sent("simulate").at(-1).body.contact, "fields"), "the field to be sent");
    assert.deepEqual(sent("simulate").at(-1).body.contact, { name: "Amina", language: "eng", fields: { district: "Quito" } });
    assert.match(await text("knows"), /Amina[^]*English[^]*district[^]*Quito/);
  });
});
