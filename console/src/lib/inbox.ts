/**
 * The order of the queue and of a thread, and what an event of the stream does to them.
 * Pure: the screens hold the result, the tests hold the rules.
 */
import type { ConversationRow, Entry, EntryStatus, View } from "./types";

/** Since when somebody is owed an answer; a snoozed conversation waits for nobody. */
const waits = (row: ConversationRow) => (row.status === "snoozed" ? null : row.waiting_since);

/** Urgent first, then who waits longest; who waits for nothing comes last, newest words first. As the server sorts. */
export function compareRows(a: ConversationRow, b: ConversationRow): number {
  if (a.urgent !== b.urgent) return a.urgent ? -1 : 1;
  const [since, other] = [waits(a), waits(b)];
  if (since !== other) {
    if (since === null) return 1;
    if (other === null) return -1;
    return since < other ? -1 : 1;
  }
  if (a.last_at !== b.last_at) return a.last_at > b.last_at ? -1 : 1;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

const compareClosed = (a: ConversationRow, b: ConversationRow) =>
  a.last_at !== b.last_at ? (a.last_at > b.last_at ? -1 : 1) : a.id < b.id ? -1 : 1;

export function belongs(row: ConversationRow, view: View, me: string): boolean {
  if (view === "closed") return row.status === "closed";
  if (row.status === "closed") return false;
  switch (view) {
    case "mine":
      return row.assignee?.id === me;
    case "waiting":
      return row.status === "waiting";
    case "urgent":
      return row.urgent;
    case "all":
      return true;
  }
}

/** A loaded part of one view; `next` is the cursor of what has not been loaded. */
export interface Queue {
  view: View;
  rows: ConversationRow[];
  next: string | null;
}

function sorted(view: View, rows: ConversationRow[]): ConversationRow[] {
  return rows.sort(view === "closed" ? compareClosed : compareRows);
}

export function addPage(queue: Queue, items: ConversationRow[], next: string | null): Queue {
  const fresh = new Map(items.map((row) => [row.id, row]));
  const kept = queue.rows.filter((row) => !fresh.has(row.id));
  return { ...queue, rows: sorted(queue.view, [...kept, ...items]), next };
}

/**
 * A row that changed. One that sorts behind the loaded part waits for its page:
 * shown at once it would hide the rows between.
 */
export function applyRow(queue: Queue, row: ConversationRow, gone: boolean, me: string): Queue {
  const rest = queue.rows.filter((known) => known.id !== row.id);
  const stays = !gone && belongs(row, queue.view, me);
  if (!stays) return rest.length === queue.rows.length ? queue : { ...queue, rows: rest };
  const rows = sorted(queue.view, [...rest, row]);
  const unloadedBehind = queue.next !== null && rest.length > 0 && rows[rows.length - 1]?.id === row.id;
  const wasLast = queue.rows[queue.rows.length - 1]?.id === row.id;
  return { ...queue, rows: unloadedBehind && !wasLast ? rest : rows };
}

/** How far a message has come; a status never moves backwards. */
const PROGRESS: Record<EntryStatus, number> = {
  queued: 0,
  sending: 1,
  unknown: 2,
  sent: 3,
  failed: 4,
  cancelled: 4,
  delivered: 5,
  read: 6,
};

export function laterStatus(old: EntryStatus | null, said: EntryStatus): EntryStatus {
  return old !== null && PROGRESS[old] > PROGRESS[said] ? old : said;
}

const compareEntries = (a: Entry, b: Entry) =>
  a.at !== b.at ? (a.at < b.at ? -1 : 1) : a.id < b.id ? -1 : a.id > b.id ? 1 : 0;

/** Joins entries by id, in order of time; of one known twice the later status is kept. */
export function mergeEntries(known: readonly Entry[], more: readonly Entry[]): Entry[] {
  const byId = new Map(known.map((entry) => [entry.id, entry]));
  for (const entry of more) {
    const old = byId.get(entry.id);
    const keepsOld = old?.status && entry.status && laterStatus(old.status, entry.status) !== entry.status;
    byId.set(entry.id, keepsOld ? { ...entry, status: old.status, reason: old.reason } : entry);
  }
  return [...byId.values()].sort(compareEntries);
}

export function applyStatus(
  entries: readonly Entry[],
  id: string,
  status: EntryStatus,
  reason: string | null,
): Entry[] {
  return entries.map((entry) => {
    if (entry.id !== id) return entry;
    const next = laterStatus(entry.status, status);
    return next === status ? { ...entry, status, reason } : entry;
  });
}

/** A thread as it is drawn: the bot's part folded into one line that can be opened. */
export type ThreadPart = { kind: "entry"; entry: Entry } | { kind: "bot"; id: string; entries: Entry[]; until: string };

/** A shorter exchange with the bot is shown as it is: a fold would save nothing. */
const SHORTEST_FOLD = 3;

/**
 * Folds each stretch in which only the person and the bot spoke. The person's last words before a
 * human came, and what the bot answered to them, stay visible: they are why the conversation is here.
 */
export function foldBot(entries: readonly Entry[]): ThreadPart[] {
  const parts: ThreadPart[] = [];
  let run: Entry[] = [];
  const shown = (entry: Entry) => parts.push({ kind: "entry", entry });
  const flush = () => {
    const lastBot = run.findLastIndex((e) => e.author.kind === "bot" && e.kind !== "event");
    const lastPerson = run.findLastIndex((e, i) => e.kind === "message_in" && i < Math.max(lastBot, 0));
    const end = lastBot === -1 ? 0 : lastPerson === -1 ? lastBot : lastPerson;
    const folded = run.slice(0, end);
    const last = folded[folded.length - 1];
    if (last && folded.length >= SHORTEST_FOLD) {
      parts.push({ kind: "bot", id: folded[0]?.id ?? last.id, entries: folded, until: last.at });
    } else {
      folded.forEach(shown);
    }
    run.slice(end).forEach(shown);
    run = [];
  };
  for (const entry of entries) {
    const ofBot = entry.author.kind === "bot" && entry.kind === "message_out";
    if (ofBot || entry.kind === "message_in") run.push(entry);
    else {
      flush();
      shown(entry);
    }
  }
  flush();
  return parts;
}

/** First and last index of fixed-height rows to draw, with some above and below for smooth scrolling. */
export function visibleRange(
  scrollTop: number,
  height: number,
  rowHeight: number,
  count: number,
  overscan: number,
): { first: number; end: number } {
  if (count === 0 || rowHeight <= 0) return { first: 0, end: 0 };
  const first = Math.max(0, Math.min(count, Math.floor(scrollTop / rowHeight)) - overscan);
  const end = Math.min(count, Math.ceil((scrollTop + height) / rowHeight) + overscan);
  return { first, end: Math.max(first, end) };
}
