/**
 * A small server that plays the HTTP contract for screen tests, with the event stream and the same
 * content security policy as the real one. One world per `language`; `control` lets a test speak as others.
 */
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { TEAM, USERS, id, world } from "./data.mjs";
import { channelsOf } from "./mock.channels.mjs";
import { flowsOf } from "./mock.flows.mjs";

const DIST = join(import.meta.dirname, "..", "dist");
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
const CSP = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'";
export const PASSWORD = "correct horse battery";
const PHOTO = `<svg xmlns="http://www.w3.org/2000/svg" width="320" height="200"><rect width="320" height="200" fill="#789"/><circle cx="160" cy="100" r="60" fill="#fc6"/></svg>`;

export async function start({ language = "en" } = {}) {
  const w = world(language);
  const channels = channelsOf(w, (status, type, more) => new Refusal(status, type, more));
  const flows = flowsOf(language, (status, type, more) => new Refusal(status, type, more));
  const sessions = new Map();
  const away = new Set();
  const streams = new Set();
  const log = [];
  const seenReplies = new Map();
  let eventId = 0;
  /** Set by a test: the next calls of this name fail in this way. */
  const faults = new Map();

  const now = () => new Date().toISOString();
  const visible = (c, user) => !c.restricted || user.roles.includes("protection_focal_point");
  const seesInbox = (user) => user.roles.some((role) => ["agent", "line_manager", "protection_focal_point"].includes(role));
  const lastEntry = (cid) => (w.entries.get(cid) ?? []).at(-1)?.id ?? null;

  function row(c) {
    const { opened_at, closed_at, learnt, window, readers, draft, person, ...rest } = c;
    return { ...rest, person: { name: person.name, masked: person.masked } };
  }
  function full(c, user) {
    const mine = c.assignee?.id === user.id;
    const may = c.status === "closed" ? ["reopen", "note", "reveal"] : ["take", "assign", "topic", "snooze", "refer", "close", "note", "reveal", ...(mine ? ["reply"] : [])];
    return { ...c, last_entry_id: lastEntry(c.id), may };
  }
  const inView = (c, view, user) =>
    view === "closed" ? c.status === "closed"
    : c.status === "closed" ? false
    : view === "mine" ? c.assignee?.id === user.id
    : view === "waiting" ? c.status === "waiting"
    : view === "urgent" ? c.urgent
    : true;
  const counts = (user) => {
    const all = [...w.conversations.values()].filter((c) => visible(c, user));
    return Object.fromEntries(["mine", "waiting", "all", "urgent"].map((view) => [view, all.filter((c) => inView(c, view, user)).length]));
  };

  function send(stream, type, data) {
    stream.response.write(`id: ${++eventId}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
  }
  const tell = (type, data, seen = () => true) => {
    for (const stream of streams) if (seen(stream.user)) send(stream, type, data);
  };
  function changed(c) {
    for (const stream of streams) {
      send(stream, "conversation", { row: row(c), gone: !visible(c, stream.user) });
      send(stream, "counts", counts(stream.user));
    }
  }
  function say(c, entry) {
    w.entries.get(c.id).push(entry);
    if (entry.kind.startsWith("message")) {
      c.last_words = entry.text;
      c.last_at = entry.at;
    }
    tell("entry", { conversation: c.id, entry }, (user) => visible(c, user));
    changed(c);
    return entry;
  }
  const happened = (c, user, type) => say(c, w.entry(now(), "event", { kind: "staff", id: user.id, name: w.team[user.key] }, "", { event: { type } }));

  class Refusal extends Error {
    constructor(status, type, more = {}) {
      super(type);
      Object.assign(this, { status, type, more });
    }
  }

  const VERBS = {
    take: (c, user) => {
      Object.assign(c, { assignee: w.named(user.key), status: "assigned" });
      happened(c, user, "taken");
    },
    assign: (c, user, body) => {
      const key = Object.values(USERS).find((u) => u.id === body.user)?.key;
      Object.assign(c, { assignee: key ? w.named(key) : null, status: key ? "assigned" : "waiting" });
      happened(c, user, key ? "assigned" : "unassigned");
    },
    close: (c, user) => {
      Object.assign(c, { status: "closed", closed_at: now(), waiting_since: null });
      happened(c, user, "closed");
    },
    reopen: (c, user) => {
      Object.assign(c, { status: c.assignee ? "assigned" : "waiting", closed_at: null, snoozed_until: null });
      happened(c, user, "reopened");
    },
    snooze: (c, user, body) => {
      Object.assign(c, { status: "snoozed", snoozed_until: body.until });
      happened(c, user, "snoozed");
    },
    topic: (c, user, body) => {
      c.topic = w.topic(body.topic);
      happened(c, user, "topic");
    },
  };

  function reply(c, user, body) {
    const known = seenReplies.get(body.client_id);
    if (known) return known;
    if (c.window.kind === "closed") throw new Refusal(409, "window-closed");
    const said = w.entries.get(c.id);
    if (body.expected_last_id !== lastEntry(c.id)) {
      const from = said.findIndex((e) => e.id === body.expected_last_id);
      throw new Refusal(409, "thread-moved-on", { entries: said.slice(from + 1) });
    }
    const files = body.files ?? [];
    if (files.some((file) => becomesOf(c, brought.get(file.id)).how === "refused")) throw new Refusal(409, "file-refused", { files: files.map((file) => becomesOf(c, brought.get(file.id))) });
    const attachments = files.map((file) => {
      const { name, type, bytes } = brought.get(file.id);
      return { content_type: type, name, size: bytes, url: "/console/e2e-photo.svg", placeholder: null, state: "here", media: file.id, description: file.description || null };
    });
    const text = [body.text, ...files.map((file) => file.description ?? "")].filter((part) => part !== "").join("\n");
    const entry = w.entry(now(), "message_out", { kind: "staff", id: user.id, name: w.team[user.key] }, text, { status: "queued", attachments });
    seenReplies.set(body.client_id, entry);
    c.waiting_since = null;
    say(c, entry);
    for (const [ms, status] of [[60, "sent"], [140, "delivered"]]) {
      setTimeout(() => {
        entry.status = status;
        tell("entry_status", { conversation: c.id, id: entry.id, status, reason: null });
      }, ms);
    }
    return entry;
  }

  /** Files that wait for their reply. */
  const brought = new Map();
  const typeOf = (bytes) =>
    bytes.subarray(0, 4).toString("latin1") === "RIFF" ? (bytes.subarray(8, 12).toString("latin1") === "WEBP" ? "image/webp" : "audio/wav")
    : bytes[0] === 0xff && bytes[1] === 0xd8 ? "image/jpeg"
    : bytes.subarray(4, 12).toString("latin1") === "ftypheic" ? "image/heic"
    : bytes.subarray(0, 5).toString("latin1") === "%PDF-" ? "application/pdf"
    : "application/octet-stream";
  function becomesOf(c, { id, type, bytes }) {
    const as = (how, more = {}) => ({ id, how, reason: null, content_type: type, size: bytes, width: null, height: null, ...more });
    if (c.channel === "sms") return as("link");
    if (type === "audio/wav") return as("refused", { reason: "no_converter", content_type: null, size: null });
    if (type === "image/webp") return as("converted", { content_type: "image/jpeg", size: 84_000, width: 1280, height: 960 });
    return as("as_is");
  }
  function bring(c, bytes, headers) {
    const type = typeOf(bytes);
    if (type === "image/heic") throw new Refusal(422, "wrong-value", { field: "file", reason: "unreadable_picture" });
    if (type === "application/octet-stream") throw new Refusal(422, "wrong-value", { field: "file", reason: "kind" });
    const file = { id: randomUUID(), type, bytes: bytes.length, name: decodeURIComponent(headers["x-file-name"] ?? "") };
    brought.set(file.id, file);
    return { id: file.id, content_type: type, becomes: becomesOf(c, file) };
  }

  function previewOf(c, text, sent = []) {
    const files = sent.map((file) => becomesOf(c, brought.get(file.id)));
    const shown = { parts: [text], messages: 1, segments: null, degraded: [], refused: null, price: null, files };
    if (c.channel !== "sms") return shown;
    const plain = /^[\x20-\x7e]*$/.test(text);
    const size = plain ? 160 : 70;
    const count = Math.ceil(text.length / size);
    const segments = { count, encoding: plain ? "gsm7" : "ucs2", characters: text.length, left_in_last: count * size - text.length };
    const price = { amount: (count * 0.0742).toFixed(4), currency: "USD", unit: "segment", count, amount_each: "0.0742", valid_from: "2026-01-01" };
    return { ...shown, segments, price };
  }

  function conversationCall(c, verb, method, body, user, url, parts = []) {
    if (method === "GET" && verb === undefined) return full(c, user);
    if (method === "GET" && verb === "messages") {
      const all = w.entries.get(c.id);
      const end = url.searchParams.has("before") ? Number(url.searchParams.get("before")) : all.length;
      const start = Math.max(0, end - 30);
      return { items: all.slice(start, end), before: start > 0 ? String(start) : null };
    }
    if (VERBS[verb]) {
      VERBS[verb](c, user, body);
      return full(c, user);
    }
    if (verb === "reply") return reply(c, user, body);
    if (verb === "note") {
      const known = seenReplies.get(body.client_id);
      if (known) return known;
      const entry = say(c, w.entry(now(), "note", { kind: "staff", id: user.id, name: w.team[user.key] }, body.text));
      seenReplies.set(body.client_id, entry);
      return entry;
    }
    if (verb === "refer") {
      Object.assign(c, { urgent: true, restricted: true, triage: body.kind });
      happened(c, user, "referred");
      return undefined;
    }
    if (verb === "draft") {
      c.draft = body.text === "" ? null : { text: body.text };
      return undefined;
    }
    if (verb === "reveal") return { value: "+57 300 555 2231", until: new Date(Date.now() + 60_000).toISOString() };
    if (verb === "preview") return previewOf(c, body.text, body.files);
    if (verb === "files" && method === "DELETE") return void brought.delete(parts[0]);
    if (verb === "files") return bring(c, body.raw, body.headers);
    if (verb === "media") {
      for (const file of w.entries.get(c.id).flatMap((one) => one.attachments)) if (file.media === parts[0] && parts[1] === "retry") file.state = "waiting";
      return undefined;
    }
    if (verb === "presence") return undefined;
    throw new Refusal(404, "not-found");
  }

  function lineCall(parts, method, body, user, url) {
    const [what, cid, verb] = parts;
    const manager = user.roles.some((role) => ["administrator", "line_manager"].includes(role));
    const officer = user.roles.some((role) => ["administrator", "data_protection_officer"].includes(role));
    const author = user.roles.some((role) => ["administrator", "flow_author"].includes(role));
    const page = (items) => ({ items, next: null });
    if (what === "channels" && manager) return channels.call(parts.slice(1), method, body, user.roles.includes("administrator"));
    if (what === "flows" && author) return flows.call(parts.slice(1), method, body, url, w.named(user.key));
    if (what === "health" && manager) return w.health;
    if (what === "sendings" && manager) {
      const found = w.sendings.items.find((item) => item.id === cid);
      if (!found) return w.sendings;
      Object.assign(found, { state: verb === "pause" ? "paused" : "running", reason: null });
      return undefined;
    }
    if (what === "set-aside" && manager) {
      if (cid === undefined) return page(w.setAside);
      w.setAside = w.setAside.filter((item) => item.id !== cid);
      w.health = { ...w.health, set_aside: w.setAside.filter((i) => i.kind === "event").length, unparsable: w.setAside.filter((i) => i.kind === "raw").length };
      return undefined;
    }
    if (what === "audit" && officer) return page(w.audit);
    if (!seesInbox(user)) throw new Refusal(404, "not-found");
    if (what === "counts") return counts(user);
    if (what === "team") return Object.values(USERS).map((u) => ({ id: u.id, name: w.team[u.key], roles: u.roles, available: u.key !== "omar" })).filter((m) => m.roles.includes("agent"));
    if (what === "topics") return Object.keys(w.words.topics).map(w.topic);
    if (what === "saved-replies") return w.words.saved.map(([key, title, text]) => ({ key, title, texts: { [w.words.languages[0]]: text } }));
    if (what === "conversations" && cid === undefined) {
      const view = url.searchParams.get("view");
      const fits = [...w.conversations.values()].filter((c) => visible(c, user) && inView(c, view, user)).map(row);
      fits.sort((a, b) => Number(b.urgent) - Number(a.urgent) || ((a.waiting_since ?? "~") < (b.waiting_since ?? "~") ? -1 : 1));
      const from = Number(url.searchParams.get("after") ?? 0);
      return { items: fits.slice(from, from + 50), next: from + 50 < fits.length ? String(from + 50) : null };
    }
    if (what === "conversations") {
      const c = w.conversations.get(cid);
      if (!c || !visible(c, user)) throw new Refusal(404, "not-found");
      return conversationCall(c, verb, method, body, user, url, parts.slice(3));
    }
    throw new Refusal(404, "not-found");
  }

  const sessionOf = (token) => {
    const found = sessions.get(token);
    if (!found) return null;
    const { user, csrf, email } = found;
    return { user: { id: user.id, name: w.team[user.key], email, available: !away.has(user.id) }, csrf, lines: w.lines.map((line) => ({ ...line, roles: user.roles })), roles: [] };
  };

  async function call(request, response, url) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const isFile = request.headers["content-type"] === "application/octet-stream";
    const whole = Buffer.concat(chunks);
    const body = isFile ? { raw: whole, headers: request.headers } : whole.length ? JSON.parse(whole.toString()) : {};
    const token = /openline=([\w-]+)/.exec(request.headers.cookie ?? "")?.[1];
    const parts = url.pathname.slice("/api/v1/".length).split("/");
    log.push({ method: request.method, path: url.pathname, body });
    const fault = faults.get(parts.at(-1));
    if (fault) {
      if (fault.times !== undefined && --fault.times <= 0) faults.delete(parts.at(-1));
      if (fault.before) await fault.before(body);
      if (fault.status === 0) return request.socket.destroy();
      if (fault.status) throw new Refusal(fault.status, fault.type ?? "broken");
    }
    if (parts[0] === "session") {
      if (request.method === "POST") {
        const user = USERS[body.email];
        if (!user || body.password !== PASSWORD) throw new Refusal(401, "wrong-password");
        const fresh = randomUUID();
        sessions.set(fresh, { user, email: body.email, csrf: randomUUID() });
        response.setHeader("Set-Cookie", `openline=${fresh}; HttpOnly; SameSite=Lax; Path=/`);
        return sessionOf(fresh);
      }
      if (request.method === "DELETE") return void sessions.delete(token);
      const found = sessionOf(token);
      if (!found) throw new Refusal(401, "signed-out");
      if (parts[1] === "available") away[body.available ? "delete" : "add"](found.user.id);
      return sessionOf(token);
    }
    const session = sessions.get(token);
    if (!session) throw new Refusal(401, "signed-out");
    if (request.method !== "GET" && request.headers["x-csrf-token"] !== session.csrf) throw new Refusal(403, "csrf");
    if (parts[0] === "lines") return lineCall(parts.slice(2), request.method, body, session.user, url);
    if (parts[0] === "tariffs" && session.user.roles.includes("administrator")) {
      if (request.method === "PUT") {
        if (body.version !== w.tariffs.version) throw new Refusal(409, "changed-meanwhile");
        const row = body.rows.findIndex((one) => !/^\d+(\.\d{1,6})?$/.test(one.price));
        if (row >= 0) throw new Refusal(422, "wrong-value", { detail: `row ${row + 1}, price: price is a text such as "0.0742"`, field: "rows", row, column: "price" });
        w.tariffs = { rows: body.rows, version: randomUUID() };
      }
      return w.tariffs;
    }
    if (parts[0] === "providers" && session.user.roles.includes("administrator")) return { items: channels.providers };
    if (parts[0] === "users" && session.user.roles.includes("administrator")) {
      if (request.method === "GET") return w.users;
      if (request.method === "POST") {
        const made = { id: randomUUID(), name: body.name, email: body.email, active: true, roles: body.roles };
        w.users.push(made);
        return made;
      }
      const known = w.users.find((u) => u.id === parts[1]);
      return Object.assign(known, body);
    }
    throw new Refusal(404, "not-found");
  }

  function stream(request, response) {
    const token = /openline=([\w-]+)/.exec(request.headers.cookie ?? "")?.[1];
    const session = sessions.get(token);
    if (!session || faults.has("events")) {
      response.writeHead(session ? 503 : 401).end();
      return;
    }
    response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
    response.write(": hello\n\nretry: 200\n\n");
    const one = { response, user: session.user };
    streams.add(one);
    request.on("close", () => streams.delete(one));
  }

  async function file(response, pathname) {
    if (pathname === "/console/e2e-photo.svg") return response.writeHead(200, { "Content-Type": "image/svg+xml" }).end(PHOTO);
    const name = normalize(pathname.slice("/console/".length));
    const path = pathname.startsWith("/console/assets/") ? join(DIST, name) : join(DIST, "index.html");
    try {
      const bytes = await readFile(path);
      response.writeHead(200, { "Content-Type": TYPES[extname(path)] ?? "application/octet-stream", "Content-Security-Policy": CSP, "Cache-Control": "no-store" }).end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  }

  const server = createServer(async (request, response) => {
    const url = new URL(request.url, "http://mock");
    if (url.pathname === "/api/v1/events") return stream(request, response);
    if (!url.pathname.startsWith("/api/v1/")) return file(response, url.pathname);
    try {
      const answer = await call(request, response, url);
      if (response.destroyed || request.socket.destroyed) return;
      if (answer === undefined) response.writeHead(204).end();
      else response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(answer));
    } catch (error) {
      const status = error.status ?? 500;
      response.writeHead(status, { "Content-Type": "application/problem+json" });
      response.end(JSON.stringify({ type: `https://openline.example/problems/${error.type ?? "broken"}`, title: error.message, status, detail: error.message, ...error.more }));
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));

  return {
    base: `http://127.0.0.1:${server.address().port}`,
    world: w,
    flows: flows.state,
    channels: channels.state,
    log,
    faults,
    id,
    amina: id(101),
    /** The person writes. */
    personSays(cid, text) {
      const c = w.conversations.get(cid);
      c.waiting_since ??= now();
      return say(c, w.entry(now(), "message_in", { kind: "person" }, text));
    },
    colleagueSays(cid, key, text) {
      return say(w.conversations.get(cid), w.entry(now(), "message_out", w.staff(key), text, { status: "sent" }));
    },
    /** As `colleagueSays`, but the stream has not told of it yet. */
    colleagueSaysUnheard(cid, key, text) {
      const entry = w.entry(now(), "message_out", w.staff(key), text, { status: "sent" });
      w.entries.get(cid).push(entry);
      return entry;
    },
    presence(cid, readers, writers) {
      const c = w.conversations.get(cid);
      c.readers = readers.map(w.named);
      c.answering = writers.map(w.named);
      tell("presence", { conversation: cid, readers: c.readers, writers: c.answering });
    },
    status: (cid, entry, status, reason) => tell("entry_status", { conversation: cid, id: entry, status, reason }),
    /** Ends every stream, as a server that restarts. */
    dropStreams() {
      for (const one of streams) one.response.destroy();
    },
    signOutAll: () => sessions.clear(),
    changed: (cid) => changed(w.conversations.get(cid)),
    async stop() {
      for (const one of streams) one.response.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

if (process.argv[1] === import.meta.filename) {
  const mock = await start({ language: process.argv[2] ?? "en" });
  console.log(`${mock.base}/console/  (${Object.keys(USERS).join(", ")}; password: ${PASSWORD}; ${Object.keys(TEAM).join(" or ")})`);
}
