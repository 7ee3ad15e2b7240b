/** What the screens do: live updates, each verb with its way back, nothing lost and nothing sent twice. */
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { at, axe, launch, noErrors, noOverflow, open, shot, signIn, until } from "./lib.mjs";
import { PASSWORD, start } from "./mock.mjs";

let browser;
let mock;
let tab;
before(async () => (browser = await launch()));
after(async () => await browser?.close());
beforeEach(async () => {
  mock = await start({ language: "en" });
  tab = await open(browser, {});
});
afterEach(async () => {
  await tab.context.close();
  await mock.stop();
});

const rows = () => at(tab.page, "conversation-row");
const rowOf = (id) => tab.page.locator(`[data-testid=conversation-row][data-id="${id}"]`);
const entries = (more = "") => tab.page.locator(`[data-testid=entry]${more}`);
const calls = (verb) => mock.log.filter((call) => call.path.endsWith(`/${verb}`) && call.method !== "GET");

async function asNadia(path = `inbox/mine/${mock.amina}`) {
  await signIn(tab.page, mock.base, "nadia@casa.example", PASSWORD);
  await at(tab.page, "queue").waitFor();
  await tab.page.goto(`${mock.base}/console/casa/${path}`);
  await at(tab.page, "queue").waitFor();
}

describe("signing in and out", () => {
  it("says what is wrong, signs in, and comes back to the same address when a session ends", async () => {
    const { page, errors } = tab;
    await signIn(page, mock.base, "nadia@casa.example", "wrong");
    await at(page, "sign-in-failure").waitFor();
    await page.locator("input[name=password]").fill(PASSWORD);
    await page.keyboard.press("Enter");
    await rows().first().waitFor();
    await rowOf(mock.id(103)).click();
    await at(page, "take").click();
    await at(page, "reply-box").fill("Half a sen");
    const address = page.url();
    mock.signOutAll();
    await at(page, "sign-in").waitFor();
    assert.match(await at(page, "sign-in").innerText(), /session ended/);
    await signInHere();
    await at(page, "reply-box").waitFor();
    assert.equal(await at(page, "reply-box").inputValue(), "Half a sen");
    assert.equal(page.url(), address);
    mock.personSays(mock.id(103), "Still there?");
    await entries("[data-kind=message_in]").filter({ hasText: "Still there?" }).waitFor();
    await at(page, "sign-out").click();
    await at(page, "sign-in").waitFor();
    noErrors(errors);
  });
  async function signInHere() {
    await tab.page.locator("input[name=email]").fill("nadia@casa.example");
    await tab.page.locator("input[name=password]").fill(PASSWORD);
    await tab.page.keyboard.press("Enter");
  }
});

describe("the queue", () => {
  it("shows a new message, counts and places without a reload", async () => {
    await asNadia("inbox/waiting");
    await rows().first().waitFor();
    const before = await at(tab.page, "count-waiting").innerText();
    mock.world.conversations.get(mock.id(106)).status = "waiting";
    mock.personSays(mock.id(106), "I am back");
    await until(async () => (await at(tab.page, "count-waiting").innerText()) === String(Number(before) + 1), "the count");
    assert.match(await rowOf(mock.id(106)).innerText(), /I am back/);
    mock.presence(mock.id(103), [], ["omar"]);
    await rowOf(mock.id(103)).getByTestId("answering").waitFor();
    noErrors(tab.errors);
  });

  it("loads a long queue page by page and draws only the rows in sight", async () => {
    const like = mock.world.conversations.get(mock.id(103));
    for (let n = 0; n < 400; n += 1) {
      const id = mock.id(5000 + n);
      mock.world.conversations.set(id, { ...like, id, person: { ...like.person, name: `Person ${n}` }, waiting_since: new Date(Date.now() - n * 1000).toISOString() });
      mock.world.entries.set(id, []);
    }
    await asNadia("inbox/waiting");
    await rows().first().waitFor();
    assert.ok((await rows().count()) < 40);
    for (let turn = 0; turn < 30; turn += 1) {
      await tab.page.locator("[data-testid=queue] .scroller").evaluate((box) => (box.scrollTop = box.scrollHeight));
      await tab.page.waitForTimeout(40);
    }
    await until(async () => (await tab.page.locator("[data-row]").last().getAttribute("aria-posinset")) === "404", "the last row");
    assert.ok((await rows().count()) < 40);
    noErrors(tab.errors);
  });

  it("searches beyond what is loaded: so far by itself, and further when asked", async () => {
    const like = mock.world.conversations.get(mock.id(103));
    for (let n = 0; n < 400; n += 1) {
      const id = mock.id(5000 + n);
      mock.world.conversations.set(id, { ...like, id, person: { ...like.person, name: `Person ${n}` }, waiting_since: new Date(Date.now() - (400 - n) * 1000).toISOString() });
      mock.world.entries.set(id, []);
    }
    await asNadia("inbox/waiting");
    await rows().first().waitFor();
    const pages = () => mock.log.filter((call) => call.path.endsWith("/conversations")).length;
    const search = tab.page.locator("[data-testid=queue] input[type=search]");
    await search.fill("person 120");
    await until(async () => (await rows().count()) === 1, "a row of the third page");
    await search.fill("person 399");
    await at(tab.page, "search-further").waitFor();
    await at(tab.page, "queue-empty").waitFor();
    const before = pages();
    await tab.page.waitForTimeout(1_000);
    assert.equal(pages(), before, "nothing more is loaded without being asked for");
    await at(tab.page, "search-further").click();
    await until(async () => (await rows().count()) === 1, "a row of the last page");
    assert.match(await rows().first().innerText(), /Person 399/);
    await search.fill("");
    await until(async () => (await rows().count()) > 5, "all rows");
    noErrors(tab.errors);
  });

  it("is moved through with j and k, opened with Enter, left with Escape", async () => {
    await asNadia("inbox/waiting");
    await rows().first().waitFor();
    await tab.page.keyboard.press("j");
    await tab.page.keyboard.press("j");
    const second = await rows().nth(1).getAttribute("data-id");
    await until(async () => (await tab.page.evaluate(() => document.activeElement?.getAttribute("data-id"))) === second, "the focus on the second row");
    await tab.page.keyboard.press("Enter");
    await tab.page.locator(`[data-testid=conversation][data-id="${second}"]`).waitFor();
    await tab.page.keyboard.press("Escape");
    await until(async () => tab.page.url().endsWith("/inbox/waiting"), "the list");
    await tab.page.keyboard.press("/");
    await tab.page.keyboard.type("buenas");
    await until(async () => (await rows().count()) === 1, "the found row");
    noErrors(tab.errors);
  });
});

describe("a conversation", () => {
  it("is taken, answered, noted and closed, and what others write appears by itself", async () => {
    const { page } = tab;
    await asNadia("inbox/waiting");
    await rowOf(mock.id(103)).click();
    await at(page, "take").click();
    await at(page, "reply-box").waitFor();
    await at(page, "reply-box").fill("مرحبا أحمد");
    await page.keyboard.press("Control+Enter");
    await entries("[data-kind=message_out][data-status=delivered][data-author=staff]").waitFor();
    assert.equal(await at(page, "reply-box").inputValue(), "");
    mock.personSays(mock.id(103), "شكرا جزيلا");
    await entries("[data-kind=message_in]").filter({ hasText: "شكرا جزيلا" }).waitFor();
    await at(page, "mode-note").click();
    await at(page, "reply-box").fill("Call him on Monday");
    await at(page, "send").click();
    await entries("[data-kind=note]").filter({ hasText: "Call him on Monday" }).waitFor();
    await at(page, "close").click();
    await at(page, "undo").waitFor();
    await shot(page, "undo");
    await axe(page, "undo");
    await at(page, "undo").click();
    await at(page, "close").waitFor();
    assert.equal(calls("reopen").length, 1);
    assert.equal(calls("reply").length, 1);
    noErrors(tab.errors);
  });

  it("stops and looks when a colleague's answer came first and was not heard of", async () => {
    const { page } = tab;
    await asNadia();
    await at(page, "reply-box").fill("Please wait");
    mock.colleagueSaysUnheard(mock.amina, "omar", "I am on it");
    await at(page, "send").click();
    await at(page, "moved-on").waitFor();
    assert.match(await at(page, "moved-on").innerText(), /I am on it/);
    await shot(page, "moved-on");
    await axe(page, "moved-on");
    await at(page, "moved-back").click();
    assert.equal(await at(page, "reply-box").inputValue(), "Please wait");
    await at(page, "send").click();
    await entries("[data-kind=message_out]").filter({ hasText: "Please wait" }).waitFor();
    assert.equal(calls("reply").length, 2);
    noErrors(tab.errors);
  });

  it("stops before sending when the colleague's answer was heard of while writing", async () => {
    const { page } = tab;
    await asNadia();
    await at(page, "reply-box").pressSequentially("Plea");
    mock.colleagueSays(mock.amina, "omar", "I am on it");
    await entries("[data-kind=message_out]").filter({ hasText: "I am on it" }).waitFor();
    await at(page, "reply-box").pressSequentially("se");
    await at(page, "send").click();
    await at(page, "moved-on").waitFor();
    assert.equal(calls("reply").length, 0);
    await at(page, "moved-send").click();
    await entries("[data-kind=message_out]").filter({ hasText: "Please" }).last().waitFor();
    assert.equal(calls("reply").length, 1);
    noErrors(tab.errors);
  });

  it("keeps the text while there is no connection and sends it once when it returns", async () => {
    const { page, context } = tab;
    await asNadia();
    await at(page, "reply-box").waitFor();
    await context.setOffline(true);
    await at(page, "offline").waitFor();
    await at(page, "reply-box").fill("Kept text");
    await at(page, "send").click();
    await entries("[data-status=waiting]").waitFor();
    await shot(page, "offline");
    await axe(page, "offline");
    await context.setOffline(false);
    await entries("[data-kind=message_out][data-status=delivered]").filter({ hasText: "Kept text" }).waitFor();
    await at(page, "offline").waitFor({ state: "detached" });
    assert.equal(new Set(calls("reply").map((call) => call.body.client_id)).size, 1);
    assert.equal(mock.world.entries.get(mock.amina).filter((e) => e.text === "Kept text").length, 1);
    noErrors(tab.errors);
  });

  it("sends once when the answer of the server is lost", async () => {
    const { page } = tab;
    await asNadia();
    await at(page, "reply-box").fill("Only once");
    const amina = mock.world.conversations.get(mock.amina);
    mock.faults.set("reply", {
      times: 1,
      status: 0,
    });
    assert.ok(amina);
    await at(page, "send").click();
    await entries("[data-kind=message_out][data-status=delivered]").filter({ hasText: "Only once" }).waitFor();
    assert.equal(new Set(calls("reply").map((call) => call.body.client_id)).size, 1);
    assert.equal(await entries("[data-kind=message_out]").filter({ hasText: "Only once" }).count(), 1);
    noErrors(tab.errors);
  });

  it("catches up after the stream was away", async () => {
    const { page } = tab;
    await asNadia();
    await at(page, "reply-box").waitFor();
    mock.faults.set("events", { times: 1000 });
    mock.dropStreams();
    mock.personSays(mock.amina, "While you were away");
    await at(page, "offline").waitFor();
    mock.faults.delete("events");
    await entries("[data-kind=message_in]").filter({ hasText: "While you were away" }).waitFor({ timeout: 20_000 });
    await at(page, "offline").waitFor({ state: "detached" });
    noErrors(tab.errors);
  });

  it("shows why a message failed, and gives its text back", async () => {
    const { page } = tab;
    await asNadia();
    const failed = entries("[data-status=failed]");
    assert.match(await failed.innerText(), /24 hours are over/);
    await failed.getByRole("button").click();
    assert.match(await at(page, "reply-box").inputValue(), /bring your paper/);
    noErrors(tab.errors);
  });

  it("shows a hidden number only with a reason", async () => {
    const { page } = tab;
    await asNadia();
    await at(page, "reveal").click();
    await at(page, "reveal-show").click();
    assert.equal(calls("reveal").length, 0);
    await at(page, "reveal-reason").fill("Call back");
    await shot(page, "reveal");
    await axe(page, "reveal");
    await at(page, "reveal-show").click();
    await until(async () => /300 555/.test(await at(page, "identity").innerText()), "the number");
    assert.deepEqual(calls("reveal")[0].body, { identity: mock.id(701), reason: "Call back" });
    noErrors(tab.errors);
  });

  it("leaves the sight of an agent when it is referred", async () => {
    const { page } = tab;
    await asNadia();
    await at(page, "refer").click();
    await at(page, "refer-kind").selectOption("violence");
    await at(page, "refer-confirm").click();
    await at(page, "thread-failure").waitFor();
    await until(async () => (await rowOf(mock.amina).count()) === 0, "the row to go");
    assert.doesNotMatch(await page.locator("body").innerText(), /I lost my card/);
    noErrors(tab.errors);
  });

  it("is assigned, given a topic and snoozed from lists, each with a way back", async () => {
    const { page } = tab;
    await asNadia();
    await at(page, "set-topic").click();
    await page.keyboard.type("heal");
    await page.keyboard.press("Enter");
    await until(async () => (await at(page, "topic").innerText()) === "Health", "the topic");
    await at(page, "undo").click();
    await until(async () => (await at(page, "topic").innerText()) === "Cash", "the old topic");
    await at(page, "snooze").click();
    await at(page, "snooze-tomorrow").click();
    await until(async () => /snoozed until/.test(await at(page, "state").innerText()), "snoozed");
    await at(page, "undo").click();
    await until(async () => /with you/.test(await at(page, "state").innerText()), "back with me");
    await at(page, "assign").click();
    await page.keyboard.type("omar");
    await page.keyboard.press("Enter");
    await until(async () => /Omar/.test(await at(page, "state").innerText()), "assigned");
    await at(page, "take").waitFor();
    noErrors(tab.errors);
  });

  it("saves the draft on the server and puts a saved reply in with /", async () => {
    const { page } = tab;
    await asNadia();
    await at(page, "reply-box").focus();
    await page.keyboard.press("/");
    await at(page, "saved-dialog").waitFor();
    await page.keyboard.press("Enter");
    await until(async () => /Monday to Friday/.test(await at(page, "reply-box").inputValue()), "the saved reply");
    await until(async () => /Monday/.test(mock.world.conversations.get(mock.amina).draft?.text ?? ""), "the draft");
    await page.reload();
    await until(async () => /Monday to Friday/.test(await at(page, "reply-box").inputValue()), "the draft after a reload");
    noErrors(tab.errors);
  });

  it("has no single keys inside the reply box, and none at all when they are switched off", async () => {
    const { page } = tab;
    await asNadia();
    await at(page, "reply-box").focus();
    await page.keyboard.type("he euh 1?");
    assert.equal(await at(page, "reply-box").inputValue(), "he euh 1?");
    assert.equal(calls("close").length + calls("snooze").length, 0);
    await page.goto(`${mock.base}/console/casa/settings/you`);
    await at(page, "keys-on").uncheck();
    await page.goto(`${mock.base}/console/casa/inbox/mine/${mock.amina}`);
    await at(page, "thread").focus();
    await page.keyboard.press("e");
    await page.waitForTimeout(200);
    assert.equal(calls("close").length, 0);
    noErrors(tab.errors);
  });

  it("loads no picture before it is asked for, and shows it blurred first", async () => {
    const { page } = tab;
    const loaded = [];
    page.on("request", (request) => loaded.push(request.url()));
    await asNadia();
    const show = entries().getByRole("button", { name: /Photo, 34/ });
    await show.waitFor();
    assert.ok(!loaded.some((url) => url.includes("photo")));
    await show.click();
    await page.locator("img.blurred").waitFor();
    noErrors(tab.errors);
  });
});

describe("before something is sent", () => {
  it("tells what a reply is by SMS and what it costs, once typing rests", async () => {
    const { page } = tab;
    await asNadia(`inbox/all/${mock.id(106)}`);
    await at(page, "reply-box").fill("Your transfer is ready.");
    await at(page, "reply-price").waitFor();
    assert.match(await at(page, "reply-segments").innerText(), /1\W* SMS, \W*23\W* characters/);
    assert.match(await at(page, "reply-price").innerText(), /0\.0742 USD/);
    await at(page, "reply-box").fill("Su transferencia está lista. ".repeat(4));
    await until(async () => /2\W* SMS/.test(await at(page, "reply-segments").innerText()), "two segments");
    assert.match(await at(page, "reply-price").innerText(), /0\.1484 USD/);
    await shot(page, "reply-cost");
    await at(page, "mode-note").click();
    await at(page, "reply-cost").waitFor({ state: "detached" });
    assert.equal(calls("preview").length, 2, "not for every letter");
    noErrors(tab.errors);
  });

  it("asks nothing for a short text where nothing is charged by length", async () => {
    const { page } = tab;
    await asNadia();
    await at(page, "reply-box").fill("Good morning");
    await page.waitForTimeout(900);
    assert.equal(calls("preview").length, 0);
    assert.equal(await at(page, "reply-cost").count(), 0);
  });
});

/** Bytes of a kind, enough for a server to see which. */
const WEBP = Buffer.concat([Buffer.from("RIFF\0\0\0\0WEBPVP8L", "latin1"), Buffer.alloc(90_000)]);
const WAV = Buffer.from("RIFF\0\0\0\0WAVEfmt and a sound", "latin1");
const HEIC = Buffer.from("\0\0\0\x18ftypheic and a place", "latin1");
const PDF = Buffer.from("%PDF-1.7 a form", "latin1");

describe("files of a reply", () => {
  it("are brought, told what becomes of them, and sent with what is said about them", async () => {
    const { page } = tab;
    await asNadia();
    await at(page, "file-picker").setInputFiles([
      { name: "map of the clinic.webp", mimeType: "image/webp", buffer: WEBP },
      { name: "note.wav", mimeType: "audio/wav", buffer: WAV },
    ]);
    await page.locator("[data-testid=reply-file][data-how=converted]").waitFor();
    assert.match(await at(page, "file-becomes").innerText(), /JPEG.*1280.*960.*84/);
    const sound = page.locator("[data-testid=reply-file][data-how=refused]");
    assert.match(await sound.innerText(), /cannot convert/);
    assert.ok(await at(page, "send").isDisabled(), "nothing leaves while one cannot");
    await shot(page, "reply-files");
    await axe(page, "files of a reply");
    await sound.getByTestId("file-remove").click();
    await until(async () => (await at(page, "reply-file").count()) === 1, "it is taken out");
    assert.equal(mock.log.filter((call) => call.method === "DELETE" && call.path.includes("/files/")).length, 1);
    await at(page, "file-description").fill("The way to the clinic");
    await until(async () => calls("preview").at(-1)?.body.files?.[0]?.description === "The way to the clinic", "the preview knows of it");
    await at(page, "send").click();
    await entries().getByText("The way to the clinic").waitFor();
    await entries().getByRole("button", { name: /map of the clinic\.webp/ }).waitFor();
    assert.equal(await at(page, "reply-file").count(), 0);
    assert.equal(calls("reply").length, 1);
    noErrors(tab.errors);
  });

  it("are dropped and pasted too, and say why they are not taken", async () => {
    const { page } = tab;
    await asNadia();
    const give = (kind, target, name, bytes) =>
      page.evaluate(
        ([kind, target, name, bytes]) => {
          const data = new DataTransfer();
          data.items.add(new File([new Uint8Array(bytes)], name));
          const event = kind === "paste" ? new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }) : new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true });
          document.querySelector(`[data-testid=${target}]`).dispatchEvent(event);
        },
        [kind, target, name, [...bytes]],
      );
    await give("drop", "reply-form", "form.pdf", PDF);
    await page.locator("[data-testid=reply-file][data-how=as_is]").waitFor();
    await give("paste", "reply-box", "photo.heic", HEIC);
    const refused = page.locator("[data-testid=reply-file][data-state=failed]");
    await refused.waitFor();
    assert.match(await refused.innerText(), /cannot read pictures of this kind/);
    // By keyboard alone.
    await refused.getByTestId("file-remove").focus();
    await page.keyboard.press("Enter");
    await until(async () => (await at(page, "reply-file").count()) === 1, "it is gone");
    noErrors(tab.errors);
  });

  it("keeps a reply's files when it could not be sent", async () => {
    const { page } = tab;
    await asNadia();
    await at(page, "file-picker").setInputFiles([{ name: "form.pdf", mimeType: "application/pdf", buffer: PDF }]);
    await page.locator("[data-testid=reply-file][data-how=as_is]").waitFor();
    mock.faults.set("reply", { status: 409, type: "file-refused", times: 1 });
    await at(page, "send").click();
    await at(page, "send-failure").waitFor();
    assert.equal(await at(page, "reply-file").count(), 1);
    noErrors(tab.errors);
  });
});

describe("files of a reply on other screens", () => {
  for (const [language, width, height, theme] of [["en", 320, 640, "dark"], ["ar", 1366, 768, "light"], ["ar", 320, 640, "light"], ["es", 320, 640, "light"]]) {
    it(`fit ${width} px in ${language}`, async () => {
      const world = await start({ language: language === "ar" ? "ar" : "en" });
      const own = await open(browser, { width, height, theme, language });
      const { page } = own;
      try {
        await signIn(page, world.base, "nadia@casa.example", PASSWORD);
        await at(page, "queue").waitFor();
        await page.goto(`${world.base}/console/casa/inbox/mine/${world.amina}`);
        await at(page, "reply-box").waitFor();
        await at(page, "file-picker").setInputFiles([
          { name: "a-rather-long-name-of-a-map-of-the-clinic.webp", mimeType: "image/webp", buffer: WEBP },
          { name: "note.wav", mimeType: "audio/wav", buffer: WAV },
        ]);
        await page.locator("[data-testid=reply-file][data-how=refused]").waitFor();
        await noOverflow(page, `files of a reply, ${language} ${width}`);
        await axe(page, `files of a reply, ${language} ${width}`);
        await shot(page, `reply-files-${language}-${width}`);
        await page.locator("[data-testid=reply-file][data-how=refused]").getByTestId("file-remove").click();
        await until(async () => !(await at(page, "send").isDisabled()), "it can be sent");
        await at(page, "send").click();
        await page.getByRole("button", { name: /clinic\.webp/ }).waitFor();
        await shot(page, `reply-files-sent-${language}-${width}`);
        noErrors(own.errors);
      } finally {
        await own.context.close();
        await world.stop();
      }
    });
  }
});

describe("a file that could not be had", () => {
  it("says so, and is fetched again when asked", async () => {
    const { page } = tab;
    await asNadia();
    const file = page.locator("[data-testid=file][data-state=given_up]");
    await file.waitFor();
    assert.match(await file.innerText(), /Voice message\W* – could not be had/);
    await file.getByTestId("file-again").click();
    await page.locator("[data-testid=file][data-state=waiting]").waitFor();
    assert.equal(calls("retry").length, 1);
    noErrors(tab.errors);
  });
});

describe("the link", () => {
  it("is left alone while nothing happens, on every screen, empty and failing ones too", async () => {
    const { page } = tab;
    await asNadia();
    for (const path of [`inbox/mine/${mock.amina}`, "inbox/urgent", "inbox/waiting", `inbox/all/${mock.id(102)}`, `inbox/all/${mock.id(999)}`, "settings/you"]) {
      await page.goto(`${mock.base}/console/casa/${path}`);
      await quiet(path);
    }
    mock.faults.set("conversations", { status: 500 });
    await page.goto(`${mock.base}/console/casa/inbox/all`);
    await at(page, "queue-failure").waitFor();
    await shot(page, "queue-failure");
    await quiet("a failing queue");
    await page.goto(`${mock.base}/console/casa/settings/you`);
    await at(page, "sign-out").click();
    await signIn(page, mock.base, "ada@casa.example", PASSWORD);
    for (const path of ["settings/health", "settings/audit", "settings/users"]) {
      await page.goto(`${mock.base}/console/casa/${path}`);
      await quiet(path);
    }
    noErrors(tab.errors);
  });
  async function quiet(what) {
    await tab.page.waitForTimeout(900);
    const before = mock.log.length;
    await tab.page.waitForTimeout(600);
    assert.deepEqual(mock.log.slice(before).map((call) => call.path), [], `requests on ${what}`);
  }
});

describe("settings", () => {
  it("tells how much of what was sent failed, what the provider says, and which templates wait", async () => {
    const { page } = tab;
    await signIn(page, mock.base, "li@casa.example", PASSWORD);
    await at(page, "menu-health").click();
    const sms = page.locator(`[data-testid=channel][data-id="${mock.id(22)}"]`);
    assert.match(await sms.getByTestId("failed-day").innerText(), /3\W* of \W*40\W* \(\W*7\.5%/);
    assert.match(await sms.getByTestId("account-says").innerText(), /refuses the account[^]*1\.20 USD[^]*asked/);
    const chat = page.locator(`[data-testid=channel][data-id="${mock.id(21)}"]`);
    assert.match(await chat.getByTestId("account-says").innerText(), /GREEN/);
    await at(page, "templates-held").getByRole("link").click();
    await at(page, "sending").first().waitFor();
    noErrors(tab.errors);
  });

  it("replays and discards what was set aside", async () => {
    const { page } = tab;
    await signIn(page, mock.base, "li@casa.example", PASSWORD);
    await at(page, "menu-health").click();
    await at(page, "replay").first().click();
    await until(async () => (await at(page, "set-aside").count()) === 1, "one left");
    await at(page, "discard").click();
    await at(page, "discard-confirm").click();
    await at(page, "set-aside-empty").waitFor();
    noErrors(tab.errors);
  });

  it("adds and deactivates a user", async () => {
    const { page } = tab;
    await signIn(page, mock.base, "ada@casa.example", PASSWORD);
    await at(page, "menu-users").click();
    await at(page, "add-user").click();
    const dialog = at(page, "add-user-dialog");
    await dialog.locator("[name=name]").fill("Rosa Díaz");
    await dialog.locator("[name=email]").fill("rosa@casa.example");
    await dialog.locator("[name=password]").fill("a long first password");
    await dialog.getByRole("checkbox", { name: /Protection focal point/ }).check();
    await at(page, "add-user-confirm").click();
    const rosa = at(page, "user").filter({ hasText: "Rosa" });
    await rosa.waitFor();
    assert.match(await rosa.innerText(), /Agent.*Protection focal point/s);
    await rosa.getByTestId("deactivate").click();
    await at(page, "deactivate-confirm").click();
    await rosa.getByTestId("activate").waitFor();
    noErrors(tab.errors);
  });

  it("sets a channel up, asks the provider at once, and never shows or sends back a secret", async () => {
    const { page } = tab;
    await signIn(page, mock.base, "ada@casa.example", PASSWORD);
    await page.goto(`${mock.base}/console/casa/settings/channels`);
    await at(page, "add-channel").click();
    await page.keyboard.type("twi");
    await page.keyboard.press("Enter");
    await at(page, "channel-address").fill("+15005550009");
    await at(page, "channel-save").click();
    assert.equal(mock.channels.items.length, 3, "nothing is sent while something is missing");
    await page.locator("#set-account_sid").fill("XX1");
    await page.locator("#set-auth_token").fill("top secret");
    await at(page, "channel-save").click();
    await at(page, "channel-failure").waitFor();
    assert.match(await at(page, "channel-failure").innerText(), /begins with AC/);
    await page.locator("#set-account_sid").fill("AC1");
    await at(page, "channel-save").click();
    await at(page, "answer").first().waitFor();
    const made = mock.log.findLast((call) => call.method === "POST" && call.path.endsWith("/channels")).body;
    assert.deepEqual(made, { provider: "twilio", address: "+15005550009", settings: { account_sid: "AC1", auth_token: "top secret" } });
    const card = page.locator("[data-testid=channel-card]").last();
    await card.getByTestId("channel-settings").click();
    assert.equal(await page.locator("#set-auth_token").inputValue(), "");
    await page.locator("#set-account_sid").fill("AC2");
    await at(page, "channel-save").click();
    await at(page, "channel-dialog").waitFor({ state: "detached" });
    assert.deepEqual(mock.log.findLast((call) => call.method === "PATCH").body, { settings: { account_sid: "AC2" } });
    await tab.page.waitForTimeout(1_000);
    assert.equal(mock.log.filter((call) => call.path.endsWith("/test")).length, 2, "the provider is asked once for each time it was set up");
    noErrors(tab.errors);
  });

  it("shows why a channel stopped; a line manager switches it on but sees no settings", async () => {
    const { page } = tab;
    await signIn(page, mock.base, "li@casa.example", PASSWORD);
    await at(page, "queue").waitFor();
    await page.goto(`${mock.base}/console/casa/settings/channels`);
    const card = page.locator("[data-testid=channel-card][data-state=stopped]");
    assert.match(await card.getByTestId("stopped-why").innerText(), /refuses the account/);
    assert.equal(await at(page, "add-channel").count(), 0);
    assert.equal(await card.getByTestId("channel-settings").count(), 0);
    await card.getByTestId("switch-on").click();
    await until(async () => (await page.locator("[data-state=stopped]").count()) === 0, "the channel to go on");
    assert.deepEqual(mock.log.findLast((call) => call.method === "PATCH").body, { on: true });
    noErrors(tab.errors);
  });

  it("keeps prices, names the wrong one, and loses nothing that was typed", async () => {
    const { page } = tab;
    await signIn(page, mock.base, "ada@casa.example", PASSWORD);
    await at(page, "menu-prices").click();
    await at(page, "price-row").first().waitFor();
    assert.equal(await at(page, "price-save").isDisabled(), true);
    await at(page, "price-add").click();
    const row = at(page, "price-row").last();
    await row.getByTestId("price-to").fill("+57");
    await row.getByTestId("price-price").fill("cheap");
    await at(page, "price-save").click();
    await at(page, "price-problem").waitFor();
    assert.equal(await row.getByTestId("price-price").getAttribute("aria-invalid"), "true");
    assert.equal(await row.getByTestId("price-to").inputValue(), "+57");
    await row.getByTestId("price-price").fill("0.05");
    await at(page, "price-save").click();
    await at(page, "price-problem").waitFor({ state: "detached" });
    await until(() => at(page, "price-save").isDisabled(), "it to be saved");
    const sent = mock.log.findLast((call) => call.method === "PUT").body.rows;
    assert.deepEqual(sent.map((one) => [one.to, one.price]), [["+593", "0.0742"], ["", "0.04"], ["+57", "0.05"]]);
    await at(page, "price-remove").first().click();
    await at(page, "price-save").click();
    await until(async () => (await at(page, "price-row").count()) === 2 && (await at(page, "price-save").isDisabled()), "one to be gone");
    // Somebody else saves while this page has changes of its own: nobody's are lost.
    await at(page, "price-add").click();
    await at(page, "price-row").last().getByTestId("price-to").fill("+51");
    await at(page, "price-row").last().getByTestId("price-price").fill("0.03");
    const theirs = { ...mock.world.tariffs.rows[0], to: "+58", price: "0.09" };
    mock.world.tariffs = { rows: [...mock.world.tariffs.rows, theirs], version: "of-somebody-else" };
    await at(page, "price-save").click();
    await at(page, "prices-together").waitFor();
    assert.equal(await at(page, "price-save").isDisabled(), false);
    await at(page, "price-save").click();
    await until(() => at(page, "price-save").isDisabled(), "both to be saved");
    assert.equal(await at(page, "prices-together").count(), 0);
    const both = mock.log.findLast((call) => call.method === "PUT").body.rows;
    assert.deepEqual(both.map((one) => one.to), ["", "+57", "+58", "+51"]);
    noErrors(tab.errors);
  });

  it("brakes a sending and lets it go on", async () => {
    const { page } = tab;
    await signIn(page, mock.base, "li@casa.example", PASSWORD);
    await at(page, "queue").waitFor();
    await page.goto(`${mock.base}/console/casa/settings/sendings`);
    const first = page.locator(`[data-testid=sending][data-id="${mock.id(41)}"]`);
    await first.getByTestId("pause-sending").click();
    await first.getByTestId("resume-sending").click();
    await first.getByTestId("pause-sending").waitFor();
    assert.match(await page.locator(`[data-testid=sending][data-id="${mock.id(42)}"]`).innerText(), /template_broken 132015/);
    noErrors(tab.errors);
  });

  it("lets staff say that they are away, and back", async () => {
    const { page } = tab;
    await asNadia("inbox/waiting");
    const lamp = at(page, "available");
    assert.equal(await lamp.getAttribute("data-available"), "true");
    await lamp.click();
    await until(async () => (await lamp.getAttribute("data-available")) === "false", "away");
    await page.reload();
    await until(async () => (await lamp.getAttribute("data-available")) === "false", "still away");
    mock.faults.set("available", { status: 500 });
    await lamp.click();
    await page.locator("[data-testid=notice][role=alert]").waitFor();
    assert.equal(await lamp.getAttribute("data-available"), "false", "what was not done is not shown");
    mock.faults.clear();
    await lamp.click();
    await until(async () => (await lamp.getAttribute("data-available")) === "true", "back");
    noErrors(tab.errors);
  });

  it("changes a user's roles on one line and leaves the others as they are", async () => {
    const { page } = tab;
    const omar = mock.world.users.find((user) => user.email === "omar@casa.example");
    omar.roles.push({ line: mock.id(11), role: "line_manager" });
    await signIn(page, mock.base, "ada@casa.example", PASSWORD);
    await page.goto(`${mock.base}/console/casa/settings/users`);
    const row = page.locator(`[data-testid=user][data-id="${omar.id}"]`);
    await row.getByTestId("edit-roles").click();
    assert.equal(await at(page, "roles-confirm").getAttribute("aria-disabled"), "true", "nothing is changed yet");
    await at(page, "role-flow_author").check();
    await at(page, "role-agent").uncheck();
    await at(page, "roles-confirm").click();
    await at(page, "roles-dialog").waitFor({ state: "detached" });
    assert.deepEqual(mock.log.findLast((call) => call.method === "PATCH").body, {
      roles: [
        { line: mock.id(11), role: "line_manager" },
        { line: mock.id(10), role: "flow_author" },
      ],
    });
    await row.getByText("Flow author").waitFor();
    mock.faults.set(omar.id, { status: 409, type: "last-administrator", times: 1 });
    await row.getByTestId("edit-roles").click();
    await at(page, "role-administrator").check();
    await at(page, "roles-confirm").click();
    await at(page, "roles-failure").waitFor();
    assert.match(await at(page, "roles-failure").innerText(), /last administrator/);
    noErrors(tab.errors);
  });

  it("shows each role its own menu", async () => {
    const { page } = tab;
    for (const [email, menu] of [
      ["nadia@casa.example", ["inbox", "you"]],
      ["li@casa.example", ["inbox", "health", "channels", "sendings", "you"]],
      ["per@casa.example", ["audit", "you"]],
      ["fatima@casa.example", ["flows", "you"]],
      ["ada@casa.example", ["flows", "health", "channels", "sendings", "prices", "audit", "users", "you"]],
    ]) {
      await signIn(page, mock.base, email, PASSWORD);
      await at(page, "me").waitFor();
      const seen = await page.locator("#main-menu > a").evaluateAll((links) => links.map((link) => link.dataset.testid.replace("menu-", "")));
      assert.deepEqual(seen, menu, email);
      await at(page, "sign-out").click();
      await at(page, "sign-in").waitFor();
    }
    noErrors(tab.errors);
  });

  it("changes language, direction, colours and line", async () => {
    const { page } = tab;
    await asNadia("settings/you").catch(() => {});
    await at(page, "theme-dark").check();
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
    await at(page, "language").selectOption("ar");
    await until(async () => (await page.evaluate(() => document.documentElement.dir)) === "rtl", "right to left");
    await at(page, "language").selectOption("es");
    await until(async () => (await page.evaluate(() => document.documentElement.lang)) === "es", "Spanish");
    await shot(page, "you-es");
    await at(page, "line").selectOption("other");
    await until(async () => page.url().includes("/console/other/inbox"), "the other line");
    await shot(page, "inbox-es");
    noErrors(tab.errors);
  });
});
