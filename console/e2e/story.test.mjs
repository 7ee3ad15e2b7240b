/**
 * The story of a line in a real browser against the real server: people on WhatsApp, SMS and the web chat, an
 * agent and a protection focal point at the console, side by side. Everything crosses real HTTP.
 *
 * The steps build on each other, so that one that fails fails those after it.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { at, axe, launch, noErrors, noOverflow, open, shot, signIn } from "./lib.mjs";
import { eventually, PATIENCE_MS, Phone, startDemo, Visitor } from "./story.demo.mjs";

const WIDE = { width: 1366, height: 768 };
const NARROW = { width: 320, height: 640 };
/** The expired answer of the sample line; its words must never reach anybody. */
const EXPIRED = /Ministerio del Interior|Ministry of the Interior|31 de agosto|31 August/;

/** A step takes seconds; a browser that answers no more must not hold up the rest. */
const STEP_MS = 240_000;

let demo;
let browser;
/** Every tab of the story: {page, context, errors}. */
const tabs = {};
let amina;
let luis;
let noor;
let sam;
let failed = null;

const entry = (page, kind, words) => page.locator(`[data-testid=entry][data-kind=${kind}]`).filter({ hasText: words });

/** Fails unless an address gives a voice recording. */
async function assertAudio(address) {
  const answer = await fetch(address);
  assert.equal(answer.status, 200, address);
  assert.match(answer.headers.get("content-type"), /^audio\/ogg/);
  const body = Buffer.from(await answer.arrayBuffer());
  assert.equal(body.subarray(0, 4).toString("latin1"), "OggS");
  assert.ok(body.length > 4_096, `${body.length} bytes are no voice message`);
}

/** A step of the story. */
function step(title, work) {
  it(title, { timeout: STEP_MS }, async () => {
    assert.equal(failed, null, `the step before this one failed: ${failed}`);
    failed = title;
    try {
      await work();
    } catch (error) {
      for (const [name, tab] of Object.entries(tabs)) await shot(tab.page, `story-failure-${name}`).catch(() => {});
      for (const person of [amina, luis, noor, sam]) error.message += `\n${await person.state().catch(() => "")}`;
      error.message += `\nThe demo said:\n${demo.said()}`;
      throw error;
    }
    failed = null;
  });
}

/** Pictures of a page, wide and narrow, and what must hold of it. */
async function pictures(tab, name, { check = true } = {}) {
  for (const size of [WIDE, NARROW]) {
    await tab.page.setViewportSize(size);
    const label = `story-${name}-${size.width}`;
    await shot(tab.page, label);
    if (!check) continue;
    await noOverflow(tab.page, label);
    await axe(tab.page, label);
  }
  await tab.page.setViewportSize(WIDE);
}

async function tab(name, address, options = {}) {
  tabs[name] = await open(browser, { ...WIDE, ...options });
  tabs[name].page.setDefaultTimeout(PATIENCE_MS);
  if (address) await tabs[name].page.goto(address);
  return tabs[name];
}

async function staff(name) {
  const { page } = await tab(name);
  const { email, password } = demo.team.get(name);
  await signIn(page, demo.base, email, password);
  await at(page, "queue").waitFor();
  return page;
}

const rows = (page) => at(page, "conversation-row");
const row = (page, words) => rows(page).filter({ hasText: words });
const seenBy = (page) => () => page.locator("body").innerText();
async function queue(page, view) {
  await at(page, `view-${view}`).click();
  await page.locator(`[data-testid=view-${view}][aria-current=page]`).waitFor();
}

before(async () => {
  demo = await startDemo();
  browser = await launch();
  await tab("phones", `${demo.phones}/`);
  const { page } = tabs.phones;
  [amina, luis, noor] = ["Amina", "Luis", "Noor"].map((name) => new Phone(page, name));
  await noor.section.waitFor();
  await tab("chat", demo.chat, { locale: "en-GB" });
  sam = new Visitor(tabs.chat.page, "Sam");
});
after(async () => {
  await browser?.close();
  await demo?.stop();
});

describe("the story of a line", () => {
  step("1: on WhatsApp: language, notice, consent", async () => {
    await amina.says("hola");
    const question = await amina.hears(/¿En qué idioma[^]*Which language/);
    assert.deepEqual(question.choices, ["Español", "English"]);
    await amina.taps("Español");
    const notice = await amina.hears(/Qué guardamos[^]*Quién los ve[^]*¿Acepta\?/);
    assert.deepEqual(notice.choices, ["Acepto", "Solo preguntas"]);
    await shot(tabs.phones.page, "story-1-notice-1366");
    await amina.taps("Acepto");
    await amina.hears(/Gracias/);
  });

  step("1: on SMS: the same, with numbers", async () => {
    await luis.says("Hola");
    const question = await luis.hears(/¿En qué idioma/);
    assert.match(question.text, /1[.)] Español\n2[.)] English/);
    await luis.says("1");
    assert.match((await luis.hears(/Qué guardamos/)).text, /1[.)] Acepto\n2[.)] Solo preguntas/);
    await luis.says("1");
    await luis.hears(/Gracias/);
  });

  step("1: on the web chat: the same, with buttons", async () => {
    await pictures(tabs.chat, "1-chat-empty");
    await sam.says("hello");
    assert.deepEqual((await sam.hears(/Which language/)).choices, ["Español", "English"]);
    await sam.taps("English");
    assert.deepEqual((await sam.hears(/What we keep[^]*Do you agree\?/)).choices, ["I agree", "Only questions"]);
    await pictures(tabs.chat, "1-chat-notice");
    await sam.taps("I agree");
    await sam.hears(/Thank you/);
  });

  step("2: the menu as a list, numbered text and buttons", async () => {
    const list = await amina.hears(/Elija un tema/);
    assert.ok(list.isList, "nine choices are a list on WhatsApp");
    assert.ok(list.choices.includes("Oficinas y horarios"));
    assert.match((await luis.hears(/Elija un tema/)).text, /1[.)] Asilo y papeles[^]*8[.)] Hablar con alguien/);
    const buttons = await sam.hears(/Choose a topic/i);
    assert.ok(buttons.choices.includes("Offices and hours"), buttons.choices.join());
    await amina.section.locator("details summary").last().click();
    await shot(tabs.phones.page, "story-2-menu-1366");
    await pictures(tabs.chat, "2-chat-menu");
    await amina.section.locator("details summary").last().click();
  });

  step("2: an answer as text and as audio, on each channel", async () => {
    await amina.taps("Oficinas y horarios");
    await amina.hears(/oficina le queda más cerca/);
    await amina.taps("Quito");
    await amina.hears(/Calle Los Capulíes/);
    await assertAudio(await amina.hearsAudio());
    assert.deepEqual((await amina.hears(/¿Le sirvió/)).choices, ["Sí", "No", "Menú"]);

    await luis.says("2");
    await luis.hears(/Trabajar/);
    await luis.says("1");
    await luis.hears(/salario básico/);
    await assertAudio(await luis.hearsAudio());
    await luis.hears(/¿Le sirvió/);

    await sam.taps("Offices and hours");
    await sam.hears(/Which office/);
    await sam.taps("Quito");
    await sam.hears(/white house with a green gate/);
    await assertAudio(await sam.hearsAudio());
    assert.deepEqual((await sam.hears(/Did this help/)).choices, ["Yes", "No", "Menu"]);
    await shot(tabs.phones.page, "story-2-answers-1366");
    await pictures(tabs.chat, "2-chat-answer");
    await pictures(tabs.phones, "2-phones", { check: false });
  });

  step("2: an expired answer is never sent; a person is called instead", async () => {
    await luis.says("MENU");
    await luis.hears(/Elija uno/);
    await luis.says("1");
    await luis.hears(/Registro migratorio/);
    await luis.says("4");
    await luis.hears(/en revisión/);
    await luis.hears(/avisé al equipo/);
    for (const person of [amina, luis, sam]) assert.doesNotMatch(await person.everHeard(), EXPIRED);
  });

  step("3: talking to a person opens a conversation that the agent sees live, with what the bot learnt", async () => {
    const page = await staff("Lucía");
    await queue(page, "waiting");
    await row(page, "Papeles").waitFor();
    assert.equal(await rows(page).count(), 1, await seenBy(page)());
    // A reload would forget this.
    await page.evaluate(() => (globalThis.stayed = true));

    await amina.taps("Menú");
    await amina.hears(/Elija uno/);
    await amina.taps("Asilo y papeles");
    await amina.hears(/sobre sus papeles/);
    await amina.taps("Renovar mi documento");
    await amina.hears(/Pida la cita un mes antes/);
    await amina.hears(/¿Le sirvió/);
    await amina.taps("No");
    await amina.hears(/le paso con una persona/);
    await amina.taps("Hablar con alguien");
    await amina.hears(/¿De qué se trata/);
    await amina.says("Mi certificado venció hace dos semanas y tengo cita de trabajo el lunes. ¿Qué hago?");
    await amina.hears(/avisé al equipo/);

    await eventually(async () => (await rows(page).count()) === 2, "the second conversation", seenBy(page));

    await sam.says("How can I open a bank account?");
    await sam.hears(/no checked answer about that/);
    await eventually(async () => (await rows(page).count()) === 3, "the third conversation", seenBy(page));
    assert.match(await row(page, "bank account").innerText(), /Web chat/);

    const hers = row(page, "Amina");
    assert.match(await hers.innerText(), /Papeles|Papers/);
    await pictures(tabs["Lucía"], "3-queue");
    await hers.click();
    await at(page, "learnt").waitFor();
    const learnt = await at(page, "learnt").innerText();
    assert.match(learnt, /Mi certificado venció/);
    assert.equal(await at(page, "consent").getAttribute("data-state"), "given");
    assert.match(await at(page, "consent").innerText(), /Acepto/);
    assert.doesNotMatch(await seenBy(page)(), /991000001/, "the number is masked");
    assert.ok(await page.evaluate(() => globalThis.stayed), "it came without a reload");
    await pictures(tabs["Lucía"], "3-conversation");
  });

  step("4: violence is urgent, seen live by the protection focal point and by nobody else", async () => {
    const agent = tabs["Lucía"].page;
    const focal = await staff("Marta");
    await queue(focal, "urgent");
    await at(focal, "queue-empty").waitFor();
    await focal.evaluate(() => (globalThis.stayed = true));
    await queue(agent, "all");
    await eventually(async () => (await rows(agent).count()) === 3, "her three conversations", seenBy(agent));

    await noor.says("hola");
    await noor.hears(/¿En qué idioma/);
    await noor.taps("Español");
    await noor.hears(/¿Acepta\?/);
    await noor.taps("Acepto");
    await noor.hears(/Elija un tema/);
    await noor.says("Mi esposo me pega y tengo miedo de volver a la casa");
    const reply = await noor.hears(/Recibimos su mensaje[^]*911/);
    assert.doesNotMatch(reply.text, /violencia|pega|golpe|maltrat|abus/i, "who looks over her shoulder learns nothing");

    await rows(focal).first().waitFor();
    assert.ok(await focal.evaluate(() => globalThis.stayed), "it came without a reload");
    await rows(focal).first().click();
    await at(focal, "urgent").waitFor();
    await at(focal, "thread").getByText("Mi esposo me pega").first().waitFor();
    await pictures(tabs.Marta, "4-urgent");

    const id = focal.url().split("/").at(-1);
    for (const view of ["all", "waiting", "urgent", "mine", "closed"]) {
      await queue(agent, view);
      const seen = await seenBy(agent)();
      assert.doesNotMatch(seen, /me pega|Noor/, `the agent's view ${view}`);
      assert.equal(await agent.locator(`[data-testid=conversation-row][data-id="${id}"]`).count(), 0);
    }
    const answers = await agent.evaluate(async (id) => {
      const session = await (await fetch("/api/v1/session")).json();
      const line = session.lines[0].id;
      const ask = async (path) => (await fetch(`/api/v1/lines/${line}/conversations/${path}`)).status;
      return [await ask(id), await ask(`${id}/messages`), await ask(crypto.randomUUID())];
    }, id);
    assert.deepEqual(answers, [404, 404, 404], "as if it did not exist");
    await shot(agent, "story-4-agent-1366");
  });

  step("5: the agent takes it, answers twice and notes; the person gets both answers in order", async () => {
    const { page } = tabs["Lucía"];
    const write = async (text) => {
      await at(page, "reply-box").fill(text);
      await at(page, "send").click();
    };
    await queue(page, "all");
    await row(page, "bank account").click();
    await at(page, "take").click();
    await write("Hello Sam, I am asking our partner bank and will write to you today.");
    await sam.hears(/asking our partner bank/);
    await pictures(tabs.chat, "5-chat-answered");

    await row(page, "Amina").click();
    await page.locator("[data-testid=conversation]").filter({ hasText: "Mi certificado" }).waitFor();
    await at(page, "take").click();
    await at(page, "reply-box").waitFor();
    const first = "Hola, soy Lucía. Un certificado vencido no le quita el derecho a trabajar: su proceso sigue abierto.";
    const second = "Le consigo una cita para renovarlo. ¿En qué ciudad está ahora?";
    await write(first);
    await entry(page, "message_out", first).waitFor();
    await write(second);
    await amina.hears(/soy Lucía/);
    await amina.hears(/una cita para renovarlo/);
    await amina.says("Gracias. Estoy en Quito, cerca de La Floresta.");
    await entry(page, "message_in", "cerca de La Floresta").waitFor();
    await at(page, "mode-note").click();
    await write("Revisar cita en Cancillería el martes; lleva a su hija.");
    await entry(page, "note", "Revisar cita").waitFor();
    await at(page, "mode-reply").click();
    await write("La oficina de Quito la espera el lunes a las 9:00. No necesita llevar nada más.");
    await amina.hears(/la espera el lunes/);
    await eventually(
      async () => (await page.locator("[data-testid=entry][data-author=staff][data-status=read], [data-testid=entry][data-author=staff][data-status=delivered]").count()) === 3,
      "all three answers to be delivered",
      seenBy(page),
    );
    const heard = await amina.everHeard();
    assert.doesNotMatch(heard, /Revisar cita/, "a note stays with the staff");
    assert.equal(heard.split("soy Lucía").length, 2, "each answer came once");
    const notice = at(page, "notice").getByRole("button").last();
    if (await notice.isVisible()) await notice.click();
    await pictures(tabs["Lucía"], "5-answered");
  });

  step("5: after closing, the satisfaction question comes and its answer is recorded", async () => {
    const { page } = tabs["Lucía"];
    await at(page, "close").click();
    await at(page, "undo").waitFor();
    await shot(page, "story-5-closed-1366");
    assert.deepEqual((await amina.hears(/¿Cómo fue la atención\?/)).choices, ["Buena", "Regular", "Mala"]);
    await amina.taps("Buena");
    await amina.hears(/Nos alegra/);
    await entry(page, "event", "Good").waitFor();
    await pictures(tabs["Lucía"], "5-recorded");
    await pictures(tabs.phones, "5-phones", { check: false });
  });

  it("leaves no error in any of the browser's tabs", () => {
    for (const { errors } of Object.values(tabs)) noErrors(errors);
  });
});
