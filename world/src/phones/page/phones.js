"use strict";
// One page, all phones; everything that is shown comes over one event stream.
const byId = (id) => document.getElementById(id);
const phones = new Map();
const KINDS = { whatsapp: "WhatsApp", sms: "SMS", smpp: "SMS (SMPP)", telegram: "Telegram", viber: "Viber", voice: "Telephone" };
const HIDDEN = { whatsapp: "Number hidden: known to the line by a user id only", viber: "Viber tells the line no number, only an id" };
// What can be done besides writing, by the app's own means.
const DEEDS = {
  whatsapp: [["location", "Share where I am"]],
  telegram: [["start", "Press START"], ["location", "Share where I am"], ["block", "Block the bot"], ["unblock", "Unblock it"]],
  viber: [["start", "Subscribe"], ["location", "Share where I am"], ["block", "Unsubscribe"]],
};
// The keys of a telephone, and what else is done with one: the deed, its name, and when it makes sense.
const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];
const CALLS = [
  ["call", "Call the line", "idle"],
  ["pick_up", "Pick up", "rings"],
  ["decline", "Decline", "rings"],
  ["machine", "Let a machine answer", "rings"],
  ["silence", "Say nothing", "rings talks"],
  ["hang_up", "Hang up", "talks"],
];
const MINE = { sending: "Sending…", sent: "Sent", delivered: "Delivered to the line", read: "Read by the line", failed: "Not delivered" };
const THEIRS = { sending: "On its way", sent: "Sent", delivered: "Delivered", read: "Read", failed: "Not delivered" };

function trouble(words) {
  byId("trouble").textContent = words || "";
  byId("trouble").hidden = !words;
}

async function post(path, body, type) {
  try {
    const answer = await fetch(path, { method: "POST", headers: { "Content-Type": type || "application/json" }, body: type ? body : JSON.stringify(body) });
    trouble(answer.ok ? "" : (await answer.json()).detail);
    return answer.ok;
  } catch {
    trouble("The demo does not answer. Is it still running?");
    return false;
  }
}

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function addPhone(owner) {
  if (phones.has(owner.id)) return;
  const section = byId("phone").content.firstElementChild.cloneNode(true);
  const find = (selector) => section.querySelector(selector);
  section.id = owner.id;
  section.classList.add(owner.kind);
  section.setAttribute("aria-label", `${owner.name}'s phone, ${KINDS[owner.kind]}`);
  find(".name").textContent = owner.name;
  find(".kind").textContent = KINDS[owner.kind];
  find(".number").textContent = owner.number || HIDDEN[owner.kind];
  find(".log").setAttribute("aria-label", `Messages of ${owner.name}`);
  const box = find("textarea");
  box.id = `${owner.id}-text`;
  find(".say label").htmlFor = box.id;
  find(".say label").textContent = `Message from ${owner.name}`;
  box.placeholder = `Write as ${owner.name}`;
  const phone = { owner, log: find(".log"), list: find(".log ol"), board: find(".board"), bubbles: new Map(), said: new Map(), changing: null };
  const change = (bubble) => {
    phone.changing = bubble?.id ?? null;
    find(".changing").hidden = !bubble;
    find(".changing span").textContent = bubble ? `Other words for: ${bubble.text}` : "";
    box.value = bubble?.text ?? "";
    box.focus();
  };
  phone.change = change;
  find(".changing button").addEventListener("click", () => change(null));
  const say = async () => {
    const text = box.value.trim();
    const message_id = phone.changing ?? undefined;
    if (text && (await post(`phones/${owner.id}/messages`, { text, message_id }))) change(null);
    box.focus();
  };
  find("form").addEventListener("submit", (event) => { event.preventDefault(); say(); });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); say(); }
  });
  const file = find("input[type=file]");
  file.setAttribute("aria-label", `Attach a file as ${owner.name}`);
  file.addEventListener("change", async () => {
    const chosen = file.files[0];
    if (chosen) await post(`phones/${owner.id}/files`, chosen, chosen.type || "application/octet-stream");
    file.value = "";
  });
  for (const [deed, name] of DEEDS[owner.kind] ?? []) {
    const button = element("button", "", name);
    button.type = "button";
    button.addEventListener("click", () => post(`phones/${owner.id}/deeds`, { deed }));
    find(".deeds").append(button);
  }
  find(".more").hidden = !DEEDS[owner.kind];
  if (owner.kind === "voice") telephone(section, owner, box);
  byId("phones").append(section);
  const jump = element("a", "", owner.name);
  jump.href = `#${owner.id}`;
  byId("jump").append(jump);
  phones.set(owner.id, phone);
}

// A telephone: keys, what is done with a call, and words instead of a voice.
function telephone(section, owner, box) {
  const deed = (body) => post(`phones/${owner.id}/deeds`, body);
  const calls = element("div", "calls");
  for (const [name, text, when] of CALLS) {
    const button = element("button", name, text);
    button.type = "button";
    button.dataset.when = when;
    button.addEventListener("click", () => deed({ deed: name }));
    calls.append(button);
  }
  const pad = element("div", "pad");
  pad.setAttribute("role", "group");
  pad.setAttribute("aria-label", `Keys of ${owner.name}`);
  for (const key of KEYS) {
    const button = element("button", "", key);
    button.type = "button";
    button.addEventListener("click", () => deed({ deed: "keys", keys: key }));
    pad.append(button);
  }
  section.querySelector(".board").after(calls, pad);
  box.placeholder = `Speak as ${owner.name}`;
  section.querySelector(".send").textContent = "Speak";
  section.querySelector(".say label").textContent = `What ${owner.name} says`;
  section.querySelector(".attach").firstChild.textContent = "Record";
  section.querySelector(".attach input").accept = "audio/*";
  inCall(section, "idle");
}

// Only what makes sense now can be pressed.
function inCall(section, state) {
  section.dataset.call = state;
  for (const button of section.querySelectorAll(".calls button")) button.disabled = !button.dataset.when.split(" ").includes(state);
  for (const button of section.querySelectorAll(".pad button")) button.disabled = state !== "talks";
}

// How the call stands, by the last thing that was noted of it.
function callState(bubble) {
  if (bubble.text === "(rings)") return "rings";
  return bubble.text === "(calls)" || bubble.from === "me" ? "talks" : "idle";
}

// What is heard and done in a call, as words with what they are.
const SPOKEN = { keys: "Pressed", speech: "Said", recording: "Recorded", play: "A recording", tone: "A tone", dial: "Put through" };
function spoken(bubble) {
  const [kind, language] = bubble.kind.split(" ");
  if (kind !== "say") return SPOKEN[kind];
  const names = new Intl.DisplayNames([], { type: "language" });
  const code = language === "arb" ? "ar" : language;
  try {
    return `A voice says in ${names.of(code)}`;
  } catch {
    return `A voice says (${language})`;
  }
}

// Web addresses in a text become links (SMS carries files as links); everything else stays text.
function words(text) {
  const paragraph = element("p");
  paragraph.dir = "auto";
  for (const part of text.split(/(https?:\/\/[^\s]+)/)) {
    if (/^https?:\/\//.test(part)) {
      const link = element("a", "", part);
      link.href = part;
      link.target = "_blank";
      link.rel = "noopener noreferrer";
      paragraph.append(link);
    } else if (part) paragraph.append(part);
  }
  return paragraph;
}

function media(file) {
  const kind = file.content_type.split("/")[0];
  if (kind === "audio" || kind === "video") {
    const player = element(kind);
    player.controls = true;
    player.preload = "none";
    player.src = file.url;
    player.setAttribute("aria-label", kind === "audio" ? "Voice message" : "Video");
    return player;
  }
  if (kind === "image" || kind === "sticker" || kind === "photo") {
    const image = element("img");
    image.src = file.url;
    image.alt = "Picture";
    return image;
  }
  const link = element("a", "", `File (${file.content_type})`);
  link.href = file.url;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  return link;
}

// The rows of a keyboard, under its message or where people type.
function keys(phone, bubble) {
  const box = element("div", "keys");
  for (const row of bubble.keyboard.rows) {
    const line = element("div", row.some((key) => key.sixths) ? "row sixths" : "row");
    line.dir = "auto";
    for (const key of row) {
      const made = element(key.tap === "open" ? "a" : "button", "", key.title);
      if (key.sixths) made.style.gridColumn = `span ${key.sixths}`;
      if (key.color) {
        made.style.background = key.color;
        made.style.color = "#000";
      }
      if (key.tap === "open") {
        made.href = key.id;
        made.target = "_blank";
        made.rel = "noopener noreferrer";
      } else {
        made.type = "button";
        made.addEventListener("click", () => post(`phones/${phone.owner.id}/messages`, { choice_id: key.id, message_id: bubble.id }));
      }
      line.append(made);
    }
    box.append(line);
  }
  return box;
}

// The keyboard that is at the bottom now: the last one that a message brought. One that serves once is folded after use.
function board(phone) {
  let current = null;
  let used = false;
  for (const bubble of phone.said.values()) {
    if (bubble.from === "line" && bubble.keyboard?.place === "bottom") [current, used] = [bubble, false];
    else if (bubble.from === "me") used = true;
  }
  const rows = current?.keyboard.rows ?? [];
  phone.board.hidden = rows.length === 0;
  if (rows.length === 0) return;
  const state = `${current.id} ${used && current.keyboard.one_time}`;
  if (phone.board.dataset.state === state) return;
  phone.board.dataset.state = state;
  phone.board.open = !(used && current.keyboard.one_time);
  phone.board.querySelector(".keys").replaceWith(keys(phone, current));
}

function choices(phone, bubble) {
  const box = element("div", "choices");
  const buttons = bubble.choices.map((choice) => {
    const button = element("button", "", choice.title);
    button.type = "button";
    button.dir = "auto";
    if (choice.description) button.append(element("small", "", choice.description));
    button.addEventListener("click", () =>
      post(`phones/${phone.owner.id}/messages`, { choice_id: choice.id, message_id: bubble.id }));
    return button;
  });
  if (bubble.kind === "list") {
    const list = element("details");
    list.append(element("summary", "", bubble.list_label || "Options"), ...buttons);
    list.addEventListener("toggle", () => { if (list.open) list.scrollIntoView({ block: "nearest" }); });
    // Stays open when only the status of the message has changed.
    list.open = Boolean(phone.bubbles.get(bubble.id)?.querySelector("details")?.open);
    box.append(list);
  } else box.append(...buttons);
  return box;
}

function show(phone, bubble) {
  const item = element("li", `bubble ${bubble.from} ${bubble.status}`);
  item.dataset.id = bubble.id;
  item.append(element("span", "hidden", bubble.from === "me" ? `${phone.owner.name}: ` : "The line: "));
  if (phone.owner.kind === "voice") {
    const how = spoken(bubble);
    if (how) item.append(element("p", "how", how));
    const [, language] = bubble.kind.split(" ");
    if (language) item.lang = language === "arb" ? "ar" : language;
    if (bubble.kind === "call") {
      item.classList.add("call");
      inCall(phone.log.parentElement, callState(bubble));
    }
  }
  if (bubble.text) item.append(words(bubble.text));
  item.append(...(bubble.media || []).map(media));
  if (bubble.keyboard?.place === "under") item.append(keys(phone, bubble));
  else if (!bubble.keyboard && bubble.choices?.length) item.append(choices(phone, bubble));
  const time = new Date(bubble.at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  const status = (bubble.from === "me" ? MINE : THEIRS)[bubble.status];
  const changed = bubble.edited ? " · changed" : "";
  const foot = element("p", "status", phone.owner.kind === "voice" ? time : `${time} · ${status}${bubble.reason ? `: ${bubble.reason}` : ""}${changed}`);
  if (bubble.from === "me" && bubble.kind === "text" && phone.owner.kind === "telegram") {
    const button = element("button", "change", "Change");
    button.type = "button";
    button.setAttribute("aria-label", `Change: ${bubble.text}`);
    button.addEventListener("click", () => phone.change(bubble));
    foot.append(button);
  }
  item.append(foot);
  const old = phone.bubbles.get(bubble.id);
  const log = phone.log;
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  if (old) {
    const audio = old.querySelector("audio");
    // A voice that is playing goes on playing.
    if (audio && !audio.paused) item.querySelector("audio")?.replaceWith(audio);
    old.replaceWith(item);
  } else phone.list.append(item);
  phone.bubbles.set(bubble.id, item);
  phone.said.set(bubble.id, bubble);
  board(phone);
  if (atEnd || !old) log.scrollTop = log.scrollHeight;
}

byId("add").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  if (await post("phones", { name: form.name.value, kind: form.kind.value })) form.reset();
});

fetch("places").then((answer) => answer.json()).then(({ line, places }) => {
  byId("line").textContent = line;
  for (const { name, url } of places) {
    const link = element("a", "", name);
    link.href = url;
    link.target = "_blank";
    link.rel = "noopener";
    byId("places").append(link);
  }
});

const stream = new EventSource("events");
stream.addEventListener("phone", (event) => addPhone(JSON.parse(event.data)));
stream.addEventListener("bubble", (event) => {
  const { phone, bubble } = JSON.parse(event.data);
  if (phones.has(phone)) show(phones.get(phone), bubble);
});
stream.addEventListener("open", () => trouble(""));
stream.addEventListener("error", () => trouble("The demo does not answer. This page goes on by itself when it is back."));
