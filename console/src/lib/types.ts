/**
 * The nouns of the HTTP contract, version 1, as the console reads them.
 * Ids are UUID text; times are RFC 3339 in UTC.
 */

import type { ProviderAnswer } from "./channels";

export type Role =
  | "agent"
  | "line_manager"
  | "flow_author"
  | "cash_reviewer"
  | "protection_focal_point"
  | "data_protection_officer"
  | "administrator";

export const ROLES: readonly Role[] = [
  "agent",
  "line_manager",
  "flow_author",
  "cash_reviewer",
  "protection_focal_point",
  "data_protection_officer",
  "administrator",
];

/** Why a conversation is urgent; a closed list of the line's triage words. */
export const TRIAGE_KINDS = [
  "violence",
  "abuse",
  "sexual_violence",
  "self_harm",
  "trafficking",
  "missing_child",
  "detention",
] as const;

export interface Line {
  id: string;
  slug: string;
  name: string;
  /** ISO 639-3, the first is the fallback. */
  languages: string[];
  roles: Role[];
  emergency_number: string | null;
}

export interface Session {
  /** `available`: whether conversations may be given to her now; absent where the server does not tell. */
  user: { id: string; name: string; email: string; available?: boolean };
  csrf: string;
  lines: Line[];
  /** Roles that hold on every line. */
  roles?: Role[];
}

export type View = "mine" | "waiting" | "all" | "urgent" | "closed";
export const VIEWS: readonly View[] = ["mine", "waiting", "all", "urgent", "closed"];

export interface Counts {
  mine: number;
  waiting: number;
  all: number;
  urgent: number;
}

export interface Named {
  id: string;
  name: string;
}
export interface Topic {
  key: string;
  name: string;
}
export type ConversationStatus = "waiting" | "assigned" | "snoozed" | "closed";
export type Channel = "whatsapp" | "sms" | "webchat" | "voice" | "telegram" | "viber";

export interface ConversationRow {
  id: string;
  person: { name: string | null; masked: string };
  last_words: string | null;
  last_at: string;
  waiting_since: string | null;
  topic: Topic | null;
  urgent: boolean;
  restricted: boolean;
  triage: string | null;
  status: ConversationStatus;
  snoozed_until: string | null;
  assignee: Named | null;
  answering: Named[];
  channel: Channel;
  unread: number;
}

export interface Identity {
  id: string;
  kind: string;
  masked: string;
}

export interface Consent {
  state: "given" | "declined" | "not_asked" | "vital_interest";
  notice_version: string | null;
  at: string | null;
  channel: string | null;
  words: string | null;
}

export interface Labelled {
  label: string;
  value: string;
}

export interface Person {
  id: string;
  name: string | null;
  masked?: string;
  language: string | null;
  language_chosen: boolean;
  identities: Identity[];
  consent: Consent;
  fields: Labelled[];
  earlier: { id: string; topic: Topic | string | null; opened_at: string; status: ConversationStatus }[];
}

export interface Conversation extends Omit<ConversationRow, "person"> {
  person: Person;
  opened_at: string;
  closed_at: string | null;
  learnt: Labelled[];
  window: { kind: "open" | "closed" | "none"; closes_at: string | null };
  readers: Named[];
  draft: { text: string } | null;
  last_entry_id: string | null;
  /** The verbs that this person may use on it now. */
  may: string[];
}

export type EntryStatus =
  | "queued"
  | "sending"
  | "sent"
  | "delivered"
  | "read"
  | "failed"
  | "unknown"
  | "cancelled";

export interface Attachment {
  content_type: string;
  name: string | null;
  /** Bytes. */
  size: number | null;
  url: string | null;
  /** Words in place of a file that cannot be shown. */
  placeholder: string | null;
  /** A file that a person sent; absent for others. */
  state?: "waiting" | "here" | "given_up" | null;
  /** Its id, for fetching it again. */
  media?: string | null;
  /** What staff said is in it. */
  description?: string | null;
}
/** A file that goes with a reply. */
export interface FileOfReply {
  id: string;
  description: string;
}
/** What a file becomes on its way to the person. */
export interface Becomes {
  id: string;
  how: "as_is" | "converted" | "link" | "refused";
  /** Why it is refused. */
  reason: string | null;
  content_type: string | null;
  size: number | null;
  width: number | null;
  height: number | null;
}
/** A file that the server has, and that waits for its reply. */
export interface Brought {
  id: string;
  content_type: string;
  becomes: Becomes;
}

export interface Price {
  /** For everything, such as `0.1484`. */
  amount: string;
  currency: string;
  unit: string;
  count: number;
  amount_each: string;
  valid_from: string;
}
/** A reply as the person's channel will show it. */
export interface ReplyPreview {
  parts: string[];
  messages: number;
  segments: { count: number; encoding: "gsm7" | "ucs2"; characters: number; left_in_last: number } | null;
  degraded: string[];
  refused: string | null;
  price: Price | null;
  /** What becomes of each file. */
  files?: Becomes[];
}
/** One row of the table of prices, as it is written. */
export interface TariffRow {
  channel: string;
  to: string;
  unit: string;
  price: string;
  currency: string;
  valid_from: string;
}
export interface TariffTable {
  rows: TariffRow[];
  version: string;
}

export interface Entry {
  id: string;
  at: string;
  kind: "message_in" | "message_out" | "note" | "event";
  author: { kind: "person" | "bot" | "staff"; id?: string | null; name?: string | null };
  text: string;
  attachments: Attachment[];
  choices: string[];
  status: EntryStatus | null;
  reason: string | null;
  event: ({ type: string } & Record<string, unknown>) | null;
  /** When the person changed her message afterwards. */
  edited_at?: string | null;
  /** What she wrote first; null when she took it back. */
  before?: string | null;
}

export interface Page<T> {
  items: T[];
  next: string | null;
}
export interface EntryPage {
  items: Entry[];
  before: string | null;
}

export interface TeamMember {
  id: string;
  name: string;
  roles: Role[];
  available: boolean;
}
export interface SavedReply {
  key: string;
  title: string | Record<string, string>;
  texts: Record<string, string>;
}

export interface Health {
  channels: {
    id: string;
    kind: string;
    name: string;
    address_masked: string | null;
    last_in_at: string | null;
    queued: number;
    failed_24h: number;
    /** What the provider took; with `failed_24h` the failure rate. */
    sent_24h?: number;
    unknown: number;
    webhook_path: string | null;
    state?: "on" | "paused" | "stopped";
    /** Why it stopped. */
    state_reason?: string | null;
    /** What the provider said of the account when it was last asked. */
    provider?: { at: string; answers: ProviderAnswer[] } | null;
    /** What sends for it, where that says how it is: a telephone with its battery. */
    device?: { condition: "good" | "weak" | "bad"; says: string; at: string } | null;
  }[];
  /** Templates that a provider holds back. */
  templates_held?: number;
  set_aside: number;
  unparsable: number;
  /** How often a limit stopped a flow in the last 24 hours. */
  flows_stopped_24h?: number;
}
/** A message to many. */
export interface Sending {
  id: string;
  name: string;
  state: "running" | "paused" | "ended";
  /** Why it is paused, where no person did it. */
  reason: string | null;
  created_at: string;
  people: number;
  /** People who have not agreed, wrote STOP, or cannot be reached. */
  left_out: number;
  sent: number;
  failed: number;
}
export interface Sendings {
  items: Sending[];
  /** Templates that the provider does not let through. */
  templates: { name: string; language: string; state: string; reason: string | null; at: string }[];
}
export interface SetAside {
  id: string;
  kind: "event" | "raw";
  channel: string | null;
  received_at: string;
  attempts: number;
  error: string;
}
export interface AuditLine {
  at: string;
  actor: string | { id: string; name: string } | null;
  verb: string;
  noun: string;
  noun_id: string | null;
  detail: unknown;
}
export interface UserRow {
  id: string;
  name: string;
  email: string;
  active: boolean;
  roles: { line: string | null; role: Role }[];
}

/** What the event stream says; one tagged union so that one `switch` handles all of it. */
export type StreamEvent =
  | { type: "conversation"; row: ConversationRow; gone: boolean }
  | { type: "entry"; conversation: string; entry: Entry }
  | { type: "entry_status"; conversation: string; id: string; status: EntryStatus; reason: string | null }
  | ({ type: "counts" } & Counts)
  | { type: "presence"; conversation: string; readers: Named[]; writers: Named[] }
  | { type: "reset" };

export const STREAM_EVENT_TYPES = [
  "conversation",
  "entry",
  "entry_status",
  "counts",
  "presence",
  "reset",
] as const satisfies readonly StreamEvent["type"][];
