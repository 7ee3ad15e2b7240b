/** The flows of the mock server: lists in two languages, and a little flow that is played as the engine would. */
import { randomUUID } from "node:crypto";
import { id } from "./data.mjs";

const HOUR = 3_600_000;
const ago = (ms) => new Date(Date.now() - ms).toISOString();

const WORDS = {
  en: {
    names: ["Menu", "Shelter", "Documents and asylum", "After the talk", "Old registration", "Health", "Women’s line", "Hours and offices", "Work"],
    ask: "What do you need? We answer in your language, and what you write here stays with us.",
    choices: ["Papers", "Shelter", "Health"],
    many: ["Papers", "Shelter", "Health", "Work", "Talk to a person"],
    more: "Which one is it?",
    check: "We look up the nearest office…",
    done: "The nearest office is in Calle Los Capulíes 12. Is there anything else?",
    picture: "Thank you for the picture.",
    silent: "Are you still there?",
    group: "Asked for papers",
    report: {
      taken: [["flow", "Menu", "Migrated from 11.12 and now in the draft."], ["flow", "Shelter", "Now in the draft."], ["group", "Families", "Made as a static group."], ["field", "District", "Made as a text field."]],
      missing: [["channel", "Twilio +1 555", "The flow sends through this channel. Connect it, or let the line’s own channels answer."], ["template", "reminder_2", "No channel has this template. Ask for its approval first."], ["user", "carlos@casa.example", "Nobody here has this address. Add the colleague or name another."]],
      differs: [["campaign", "Reminders after 7 days", "Campaigns are not taken. Nobody is written to by a schedule."], ["classifier", "bothub", "No classifier is connected: the flow goes on by “Other”."], ["date", "Format of dates", "Dates are read day first, as the line is set."]],
    },
    problems: [["error", "fields.distrct is not known. Did you mean “district”?"], ["error", "“@(upper(” cannot be read: a bracket is missing."], ["warning", "The translation into English is missing."]],
    trouble: "More than 250 steps without a question: stopped at “Again?”.",
    smaller: "@fields.age is no number: it was taken as 0.",
    tests: ["Amina asks for papers", "Luis says nothing", "Noor writes in Arabic"],
    expected: "The nearest office is in Calle Los Capulíes 12.",
    came: "The nearest office is in …",
  },
  ar: {
    names: ["القائمة", "المأوى", "الوثائق واللجوء", "بعد الحديث", "التسجيل القديم", "الصحة", "خط النساء", "المكاتب وأوقاتها", "العمل"],
    ask: "ماذا تحتاج؟ نجيب بلغتك، وما تكتبه هنا يبقى عندنا.",
    choices: ["وثائق", "مأوى", "صحة"],
    many: ["وثائق", "مأوى", "صحة", "عمل", "التحدث مع موظف"],
    more: "أي واحد منها؟",
    check: "نبحث عن أقرب مكتب…",
    done: "أقرب مكتب في شارع الملكة رانيا 12. هل من شيء آخر؟",
    picture: "شكرا على الصورة.",
    silent: "هل ما زلت هنا؟",
    group: "سأل عن الوثائق",
    report: {
      taken: [["flow", "القائمة", "Migrated from 11.12 and now in the draft."], ["flow", "المأوى", "Now in the draft."], ["group", "العائلات", "Made as a static group."], ["field", "المنطقة", "Made as a text field."]],
      missing: [["channel", "Twilio +1 555", "The flow sends through this channel. Connect it, or let the line’s own channels answer."], ["template", "reminder_2", "No channel has this template. Ask for its approval first."], ["user", "carlos@casa.example", "Nobody here has this address. Add the colleague or name another."]],
      differs: [["campaign", "تذكير بعد 7 أيام", "Campaigns are not taken. Nobody is written to by a schedule."], ["classifier", "bothub", "No classifier is connected: the flow goes on by “Other”."], ["date", "صيغة التاريخ", "Dates are read day first, as the line is set."]],
    },
    problems: [["error", "fields.distrct is not known. Did you mean “district”?"], ["error", "“@(upper(” cannot be read: a bracket is missing."], ["warning", "The translation into English is missing."]],
    trouble: "More than 250 steps without a question: stopped at “مرة أخرى؟”.",
    smaller: "@fields.age is no number: it was taken as 0.",
    tests: ["أمينة تسأل عن الوثائق", "لويس لا يقول شيئا", "نور تكتب بالعربية"],
    expected: "أقرب مكتب في شارع الملكة رانيا 12.",
    came: "أقرب مكتب في …",
  },
};

/** @param refuse makes the refusal that the server answers with. */
export function flowsOf(language, refuse) {
  const w = WORDS[language];
  const main = language === "ar" ? "ara" : "spa";
  const flow = (n, more = {}) => ({ uuid: id(800 + n), name: w.names[n], type: "messaging", language: main, languages: ["eng"], nodes: 4 + 3 * n, problems: 0, ...more });
  const state = {
    published: { version: 12, flows: w.names.map((_, n) => flow(n, n === 4 ? { problems: 2, type: "voice" } : {})) },
    draft: null,
    trouble: [
      { flow: { uuid: id(804), name: w.names[4] }, text: w.trouble, last_at: ago(HOUR), count: 14, stopped: true, limit: "steps" },
      { flow: { uuid: id(801), name: w.names[1] }, text: w.smaller, last_at: ago(2 * HOUR), count: 3, stopped: false, limit: null },
    ],
    saved: w.tests.map((name, n) => ({ slug: `test-${n}`, name, flow: w.names[n % 2], steps: 3 + n, file: `conversations/test-${n}.json` })),
    /** Slugs that come out red. */
    red: new Set(),
    /** Whether the next draft has errors. */
    faulty: false,
  };

  function problems() {
    return w.problems.filter(([severity]) => state.faulty || severity === "warning").map(([severity, text], n) => ({
      flow: { uuid: id(801), name: w.names[1] }, node: `0197b2c4-0000-4000-8000-0000000${n}a3f1`, field: "actions[0].text", language: severity === "warning" ? "eng" : null, severity, text,
    }));
  }
  function makeDraft(file, by) {
    const part = (rows) => rows.map(([kind, name, text]) => ({ kind, name, flow: kind === "flow" ? null : w.names[1], text }));
    const found = problems();
    state.draft = {
      id: randomUUID(), file_name: file, made_at: new Date().toISOString(), made_by: by,
      flows: w.names.map((_, n) => ({ ...flow(n, { problems: n === 1 ? found.length : 0 }), change: n === 1 ? "changed" : n === 8 ? "new" : "same" })),
      problems: found,
      report: { taken: part(w.report.taken), missing: part(w.report.missing), differs: part(w.report.differs) },
      tests: null,
    };
    return state.draft;
  }
  function test() {
    const conversations = state.saved.map(({ name, slug }) => {
      const green = !state.red.has(slug);
      return { name, slug, green, ...(green ? {} : { mismatch: { step: 3, what: "message 1", expected: w.expected, came: w.came } }) };
    });
    const red = conversations.filter((one) => !one.green).length;
    return { ran_at: new Date().toISOString(), green: conversations.length - red, red, conversations };
  }

  function line(text, look, choices = [], attachments = []) {
    const style = choices.length === 0 ? "none" : look === "sms" ? "numbered" : look === "whatsapp" && choices.length > 3 ? "list" : "buttons";
    const part = style === "numbered" ? `${text}\n${choices.map((choice, n) => `${n + 1}. ${choice}`).join("\n")}` : text;
    const gsm = !/[^\x00-\x7fáéíóúñ]/.test(part);
    return {
      from: "line", text, parts: [part], choice_style: style, attachments,
      choices: choices.map((choice, n) => ({ id: `c${n}`, text: choice })),
      degraded: style === "numbered" ? [{ what: "3 buttons", why: "SMS has no buttons; they are numbered lines." }] : [],
      segments: look === "sms" ? { count: Math.ceil(part.length / (gsm ? 153 : 67)), encoding: gsm ? "gsm7" : "ucs2", characters: part.length } : null,
    };
  }
  /** Menu, then a longer menu, then a web call, then the end. */
  function simulate({ look, contact, steps }) {
    const turns = [{ step: null, bubbles: [line(w.ask, look, w.choices)], notes: [] }];
    const note = (kind, text) => ({ kind, text, node: "0197b2c4-0000-4000-8000-00000000a3f1" });
    let stage = 0;
    const groups = [];
    const results = [];
    for (const [n, step] of steps.entries()) {
      const turn = { step: n, bubbles: [], notes: [] };
      turns.push(turn);
      const text = step.says ?? step.taps;
      if (text !== undefined || step.sends) {
        const [type, ...url] = step.sends?.[0].split(":") ?? [];
        turn.bubbles.push({ from: "person", text: text ?? "", parts: text ? [text] : [], choices: [], choice_style: "none", attachments: step.sends ? [{ content_type: type, url: url.join(":") }] : [], degraded: [], segments: null });
      }
      if (step.answers !== undefined && stage !== 2) throw refuse(422, "step-refused", { step: n, detail: "No call waits for an answer." });
      if (step.silent_until === "expiration") {
        stage = 3;
        turn.notes.push(note("warning", "The wait expired."));
      } else if (step.silent_until) turn.bubbles.push(line(w.silent, look));
      else if (step.sends) turn.bubbles.push(line(w.picture, look, w.choices));
      else if (stage === 0) {
        stage = 1;
        results.push({ key: "need", name: "Need", value: text, category: text });
        groups.push(w.group);
        turn.notes.push(note("result", `need = ${text}`), note("group", `+ ${w.group}`));
        turn.bubbles.push(line(w.more, look, w.many));
      } else if (stage === 1) {
        stage = 2;
        turn.bubbles.push(line(w.check, look));
      } else if (stage === 2) {
        stage = 3;
        if (step.answers?.fails) turn.notes.push(note("error", step.answers.fails));
        turn.bubbles.push(line(w.done, look, [], [{ content_type: "audio/ogg", url: "https://casa.example/answers/office.ogg" }]));
      }
    }
    const waiting = stage === 3 ? null : stage === 2 ? { kind: "answer", about: "webhook GET https://offices.example/nearest?city=Quito" } : { kind: "message", about: null, timeout_seconds: 600 };
    return { turns, waiting, ended: stage === 3, contact: { name: contact.name ?? null, language: contact.language ?? main, fields: contact.fields ?? {}, groups }, results };
  }

  function call([what, ...rest], method, body, url, by) {
    if (what === undefined) return { published: state.published, draft: state.draft, trouble: state.trouble };
    if (what === "simulate") return simulate(body);
    if ((what === "draft" || what === "published") && rest[0] === "test") {
      const run = test();
      if (what === "draft") state.draft.tests = run;
      return run;
    }
    if (what === "draft" && rest[0] === "outlook") {
      const message = (text, look, more = {}) => {
        const { segments, degraded } = line(text, look, look === "sms" ? w.choices : []);
        return { flow: w.names[1], node: id(700), language: main, words: text.slice(0, 80), has_expressions: false, refused: false, segments, price: look === "sms" ? { amount: "0.2226", currency: "USD" } : null, degraded, ...more };
      };
      const file = { degraded: [{ what: "message", why: "SMS carries no files." }], refused: true };
      return [
        { channel: id(900), name: "WhatsApp", address: "+593 99 000 0000", messages: 42, noteworthy: 0, listed: [] },
        { channel: id(901), name: "SMS", address: "+593 99 111 1111", messages: 42, noteworthy: 39, listed: [message(w.ask.repeat(3), "sms"), message(w.more, "sms", { has_expressions: true }), message(w.done, "sms", file)] },
      ];
    }
    if (what === "draft" && rest[0] === "publish") {
      if (body.version !== state.published.version) throw refuse(409, "changed-meanwhile", { version: state.published.version });
      const found = problems().filter((problem) => problem.severity === "error");
      if (found.length > 0) throw refuse(409, "errors", { problems: found });
      const run = test();
      if (run.red > 0) throw refuse(409, "red-tests", { tests: run });
      state.published = { version: state.published.version + 1, flows: state.draft.flows };
      state.draft = null;
      return { version: state.published.version };
    }
    if (what === "draft" && method === "POST") {
      if (!body.flows) throw refuse(422, "not-an-export", { detail: "There are no flows in this file." });
      return makeDraft(url.searchParams.get("file"), by);
    }
    if (what === "draft" && method === "DELETE") {
      state.draft = null;
      return undefined;
    }
    if (what === "conversations" && method === "GET") return state.saved;
    if (what === "conversations" && rest[0] === "from-simulation") {
      if (state.saved.some((one) => one.name === body.name)) throw refuse(409, "name-taken");
      const made = { slug: `kept-${state.saved.length}`, name: body.name, flow: w.names[0], steps: body.simulation.steps.length, file: `conversations/kept-${state.saved.length}.json` };
      state.saved = [...state.saved, made];
      return { slug: made.slug };
    }
    if (what === "conversations") {
      state.saved = state.saved.filter((one) => one.slug !== rest[0]);
      if (method === "PUT") state.saved.push({ slug: rest[0], name: body.name, flow: body.flow, steps: body.steps.length, file: `conversations/${rest[0]}.json` });
      return undefined;
    }
    throw refuse(404, "not-found");
  }

  return { call, state, makeDraft };
}
