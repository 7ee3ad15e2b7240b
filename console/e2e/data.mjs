/** People and words for the mock server, in two sets: a line in Colombia (English console) and one in Jordan (Arabic). */
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const id = (n) => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;
const ago = (ms) => new Date(Date.now() - ms).toISOString();

export const TEAM = {
  en: { nadia: "Nadia Rahman", omar: "Omar Haddad", marta: "Marta Ruiz", li: "Li Wei", ada: "Ada Obi", per: "Per Berg", fatima: "Fátima Ríos" },
  ar: { nadia: "نادية رحمن", omar: "عمر حداد", marta: "مرتا رويز", li: "لي وي", ada: "آدا أوبي", per: "بير بيرغ", fatima: "فاطمة ريوس" },
};

const WORDS = {
  en: {
    line: "Casa Colombia",
    other: "Jordan",
    languages: ["spa", "eng"],
    topics: { cash: "Cash", papers: "Papers", health: "Health", protection: "Protection" },
    amina: "Amina Yusuf",
    lost: "I lost my card, what can I do?",
    hello: "Hello, I am in Cúcuta with my two children.",
    answer: "Hello Amina. I am Nadia. How can I help you today?",
    note: "Card 2231 was blocked yesterday by the bank.",
    failed: "Please bring your paper to the office on Monday.",
    reason: "WhatsApp refused this message: the 24 hours are over.",
    menu: "What do you need?",
    choices: ["Papers", "Cash", "Health", "Talk to a person"],
    talk: "Talk to a person",
    handed: "A person of our team will answer you here. It may take a while.",
    welcome: "Welcome to Casa. We keep what you write for 12 months. Do you agree?",
    agree: "I agree",
    learnt: [["Place", "Cúcuta"], ["Household", "3 people"]],
    fields: [["Name used", "Amina"]],
    voice: "Voice message 0:34",
    thanks: "Thank you",
    error: "flow “menu”: node 3 has no exit for the answer",
    saved: [["hours", "Opening hours", "Our office is open from Monday to Friday, 8 to 16."], ["wait", "Please wait", "Thank you for waiting. We are looking into it."]],
  },
  ar: {
    line: "خط الأردن",
    other: "كولومبيا",
    languages: ["ara", "eng"],
    topics: { cash: "النقد", papers: "الوثائق", health: "الصحة", protection: "الحماية" },
    amina: "أمينة يوسف",
    lost: "فقدت بطاقتي، ماذا أفعل؟",
    hello: "مرحبا، أنا في المفرق مع طفليّ.",
    answer: "مرحبا أمينة. أنا نادية. كيف أساعدك اليوم؟",
    note: "أوقف البنك البطاقة 2231 أمس.",
    failed: "يرجى إحضار وثائقك إلى المكتب يوم الاثنين.",
    reason: "رفض واتساب هذه الرسالة: انتهت 24 ساعة.",
    menu: "ماذا تحتاج؟",
    choices: ["وثائق", "نقد", "صحة", "التحدث مع موظف"],
    talk: "التحدث مع موظف",
    handed: "سيجيبك أحد موظفينا هنا. قد يستغرق ذلك بعض الوقت.",
    welcome: "أهلا بك. نحتفظ بما تكتبه 12 شهرا. هل توافق؟",
    agree: "أوافق",
    learnt: [["المكان", "المفرق"], ["الأسرة", "3 أشخاص"]],
    fields: [["الاسم المستعمل", "أمينة"]],
    voice: "رسالة صوتية 0:34",
    thanks: "شكرا",
    error: "flow “menu”: node 3 has no exit for the answer",
    saved: [["hours", "أوقات العمل", "مكتبنا مفتوح من الأحد إلى الخميس، من 8 إلى 16."], ["wait", "يرجى الانتظار", "شكرا لانتظارك. نحن نتابع طلبك."]],
  },
};

export const USERS = {
  "nadia@casa.example": { key: "nadia", id: id(1), roles: ["agent"] },
  "omar@casa.example": { key: "omar", id: id(2), roles: ["agent"] },
  "marta@casa.example": { key: "marta", id: id(3), roles: ["agent", "protection_focal_point"] },
  "li@casa.example": { key: "li", id: id(4), roles: ["line_manager"] },
  "ada@casa.example": { key: "ada", id: id(5), roles: ["administrator"] },
  "per@casa.example": { key: "per", id: id(6), roles: ["data_protection_officer"] },
  "fatima@casa.example": { key: "fatima", id: id(7), roles: ["flow_author"] },
};

/** The whole made-up world of one line. */
export function world(language) {
  const w = WORDS[language];
  const team = TEAM[language];
  const named = (key) => ({ id: Object.values(USERS).find((u) => u.key === key).id, name: team[key] });
  const topic = (key) => ({ key, name: w.topics[key] });
  const conversations = new Map();
  const entries = new Map();
  let next = 1000;
  const entry = (at, kind, author, text, more = {}) => ({
    id: id(++next), at, kind, author, text, attachments: [], choices: [], status: null, reason: null, event: null, ...more,
  });

  function add(n, given) {
    const row = {
      id: id(100 + n),
      person: { name: null, masked: "+57…4410" },
      last_words: "",
      last_at: ago(5 * MINUTE),
      waiting_since: ago(5 * MINUTE),
      topic: null,
      urgent: false,
      restricted: false,
      triage: null,
      status: "waiting",
      snoozed_until: null,
      assignee: null,
      answering: [],
      channel: "whatsapp",
      unread: 0,
      ...given,
    };
    conversations.set(row.id, {
      ...row,
      opened_at: row.last_at,
      closed_at: null,
      learnt: w.learnt.map(([label, value]) => ({ label, value })),
      window: row.channel === "whatsapp" ? { kind: "open", closes_at: new Date(Date.now() + 23 * HOUR + 12 * MINUTE + 30_000).toISOString() } : { kind: "none", closes_at: null },
      readers: [],
      draft: null,
      person: {
        id: id(500 + n),
        name: row.person.name,
        masked: row.person.masked,
        language: w.languages[0],
        language_chosen: true,
        identities: [{ id: id(700 + n), kind: row.channel, masked: row.person.masked }],
        consent: { state: "given", notice_version: "2026-11-01", at: "2026-11-12T09:30:00.000Z", channel: row.channel, words: w.agree },
        fields: w.fields.map(([label, value]) => ({ label, value })),
        earlier: [
          { id: id(901), topic: topic("papers"), opened_at: "2026-11-03T10:00:00.000Z", status: "closed" },
          { id: id(902), topic: topic("health"), opened_at: "2026-10-21T10:00:00.000Z", status: "closed" },
        ],
      },
    });
    const said = [];
    if (n <= 40) {
      const bot = { kind: "bot" };
      const person = { kind: "person" };
      said.push(
        entry(ago(65 * MINUTE), "message_in", person, "Hola"),
        entry(ago(64.9 * MINUTE), "message_out", bot, w.welcome, { choices: [w.agree], status: "read" }),
        entry(ago(64 * MINUTE), "message_in", person, w.agree),
        entry(ago(63.9 * MINUTE), "message_out", bot, w.menu, { choices: w.choices, status: "read" }),
        entry(ago(63 * MINUTE), "message_in", person, w.talk),
        entry(ago(62.9 * MINUTE), "message_out", bot, w.handed, { status: "delivered" }),
        entry(ago(62 * MINUTE), "event", bot, "", { event: { type: "handed_over" } }),
      );
    }
    entries.set(row.id, said);
    return row.id;
  }
  const staff = (key) => ({ kind: "staff", ...named(key) });

  const amina = add(1, { person: { name: w.amina, masked: "+57…2231" }, last_words: w.lost, waiting_since: ago(2 * MINUTE), last_at: ago(2 * MINUTE), topic: topic("cash"), assignee: named("nadia"), status: "assigned", unread: 1 });
  entries.get(amina).push(
    entry(ago(12 * MINUTE), "message_in", { kind: "person" }, w.hello),
    entry(ago(11 * MINUTE), "event", staff("nadia"), "", { event: { type: "taken" } }),
    entry(ago(10 * MINUTE), "message_out", staff("nadia"), w.answer, { status: "read" }),
    entry(ago(9 * MINUTE), "message_in", { kind: "person" }, w.lost, { attachments: [{ content_type: "image/jpeg", name: "photo.jpg", size: 34_120, url: "/console/e2e-photo.svg", placeholder: null }] }),
    entry(ago(8 * MINUTE), "message_in", { kind: "person" }, "", { attachments: [{ content_type: "audio/ogg", name: null, size: null, url: null, placeholder: null, state: "given_up", media: id(77) }] }),
    entry(ago(8 * MINUTE), "note", staff("omar"), w.note),
    entry(ago(7 * MINUTE), "message_out", staff("nadia"), w.failed, { status: "failed", reason: w.reason }),
  );
  add(2, { person: { name: null, masked: "+57…4410" }, last_words: w.voice, waiting_since: ago(6 * MINUTE), topic: topic("protection"), urgent: true, restricted: true, triage: "violence" });
  add(3, { person: { name: "أحمد المصري", masked: "+57…9921" }, last_words: "متى التوزيع القادم؟", waiting_since: ago(11 * MINUTE), last_at: ago(11 * MINUTE), topic: topic("cash"), unread: 2 });
  add(4, { person: { name: "Олена Шевченко", masked: "+57…0087" }, last_words: "Коли буде виплата?", waiting_since: ago(18 * MINUTE), last_at: ago(18 * MINUTE), topic: topic("papers"), answering: [named("omar")] });
  add(5, { person: { name: "အောင်အောင်", masked: "Web chat" }, channel: "webchat", last_words: "ငွေသား ဘယ်တော့ ရမလဲ။", waiting_since: ago(25 * MINUTE), last_at: ago(25 * MINUTE), topic: topic("health") });
  add(6, { person: { name: "Grace Akello", masked: "+57…5512" }, channel: "sms", last_words: w.thanks, waiting_since: null, last_at: ago(HOUR), topic: topic("cash"), status: "snoozed", snoozed_until: new Date(Date.now() + 3 * HOUR).toISOString(), assignee: named("nadia") });
  add(7, { person: { name: "María del Carmen Fernández de Córdoba y Villanueva", masked: "+57…7733" }, last_words: "Buenas tardes, quisiera saber si todavía hay cupos para la jornada de documentación", waiting_since: ago(31 * MINUTE), last_at: ago(31 * MINUTE) });
  add(8, { person: { name: "Closed Person", masked: "+57…1188" }, last_words: w.thanks, waiting_since: null, last_at: ago(DAY), status: "closed", assignee: named("nadia") });

  return {
    words: w,
    team,
    named,
    topic,
    entry,
    staff,
    conversations,
    entries,
    lines: [
      { id: id(10), slug: "casa", name: w.line, languages: w.languages, roles: [], emergency_number: "123" },
      { id: id(11), slug: "other", name: w.other, languages: w.languages, roles: [], emergency_number: "911" },
    ],
    health: {
      channels: [
        { id: id(21), kind: "whatsapp", name: `WhatsApp ${w.line}`, address_masked: "+57…0001", last_in_at: ago(2 * MINUTE), queued: 0, failed_24h: 0, sent_24h: 812, unknown: 0, webhook_path: "/hooks/whatsapp-casa", provider: { at: ago(2 * HOUR), answers: [{ about: "account", ok: true, says: "the account works: Casa", quality: "GREEN" }, { about: "webhook", ok: true, says: "a webhook is set", webhook: "https://casa.example/hooks/x" }] } },
        { id: id(22), kind: "sms", name: "SMS", address_masked: "85…", last_in_at: ago(3 * HOUR), queued: 4, failed_24h: 3, sent_24h: 37, unknown: 1, provider: { at: ago(HOUR), answers: [{ about: "account", ok: false, says: "the provider refuses the account (20003)" }, { about: "balance", ok: true, says: "there is money left", balance: { amount: "1.20", currency: "USD" } }] }, webhook_path: "/hooks/sms-casa", state: "stopped", state_reason: "Authenticate: the provider refuses the account (20003)" },
        { id: id(23), kind: "webchat", name: "Web chat", address_masked: null, last_in_at: null, queued: 0, failed_24h: 0, unknown: 0, webhook_path: null },
      ],
      flows_stopped_24h: 14,
      templates_held: 1,
      set_aside: 1,
      unparsable: 1,
    },
    tariffs: {
      version: "1",
      rows: [
        { channel: "sms", to: "+593", unit: "segment", price: "0.0742", currency: "USD", valid_from: "2026-01-01" },
        { channel: "whatsapp", to: "", unit: "template:marketing", price: "0.04", currency: "USD", valid_from: "2026-07-01" },
      ],
    },
    sendings: {
      items: [
        { id: id(41), name: w.topics.papers, state: "running", reason: null, created_at: ago(HOUR), people: 1200, left_out: 37, sent: 480, failed: 3 },
        { id: id(42), name: w.topics.cash, state: "paused", reason: "template_broken 132015", created_at: ago(DAY), people: 5400, left_out: 112, sent: 910, failed: 24 },
        { id: id(43), name: w.topics.health, state: "ended", reason: null, created_at: ago(3 * DAY), people: 300, left_out: 4, sent: 296, failed: 4 },
      ],
      templates: [{ name: "cash_reminder", language: w.languages[0], state: "paused", reason: "low quality", at: ago(DAY) }],
    },
    setAside: [
      { id: id(31), kind: "event", channel: "whatsapp", received_at: ago(40 * MINUTE), attempts: 5, error: w.error },
      { id: id(32), kind: "raw", channel: "sms", received_at: ago(90 * MINUTE), attempts: 1, error: "body is not a form: unexpected byte 0x7b at 0" },
    ],
    audit: [
      { at: ago(2 * MINUTE), actor: team.nadia, verb: "take", noun: "conversation", noun_id: amina, detail: null },
      { at: ago(5 * MINUTE), actor: team.omar, verb: "reveal", noun: "identity", noun_id: id(701), detail: { reason: "call back" } },
      { at: ago(9 * MINUTE), actor: null, verb: "open", noun: "conversation", noun_id: id(102), detail: { triage: "violence" } },
      { at: ago(DAY), actor: team.ada, verb: "add", noun: "user", noun_id: id(2), detail: { role: "agent" } },
    ],
    users: Object.entries(USERS).map(([email, user]) => ({
      id: user.id, name: team[user.key], email, active: user.key !== "omar", roles: user.roles.map((role) => ({ line: id(10), role })),
    })),
  };
}
