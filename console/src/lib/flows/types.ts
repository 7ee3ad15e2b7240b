/** The nouns of the flows' part of the HTTP contract. */

export type Source = "draft" | "published";
export const SOURCES: readonly Source[] = ["draft", "published"];

export const LOOKS = ["whatsapp", "sms", "webchat", "voice"] as const;
/** How a channel would show the talk. */
export type Look = (typeof LOOKS)[number];

export interface FlowName {
  uuid: string;
  name: string;
}

export interface FlowLine extends FlowName {
  type: string;
  /** The language that the flow is written in; ISO 639-3. */
  language: string;
  /** Those that it is translated into. */
  languages: string[];
  nodes: number;
  problems: number;
}

export const CHANGES = ["new", "changed", "same"] as const;
export type Change = (typeof CHANGES)[number];
export interface DraftLine extends FlowLine {
  change: Change;
}

/** What a check found, with its place. An error blocks publishing. */
export interface FlowProblem {
  flow: FlowName | null;
  node: string | null;
  field: string | null;
  language: string | null;
  severity: "error" | "warning";
  text: string;
}

/** One thing that an import took, misses or does otherwise. */
export interface Item {
  kind: string;
  name: string;
  flow?: string | null;
  text: string;
  /** The same by codes with the values that they name; missing in reports of earlier releases. */
  says?: { code: string; values: Record<string, string> }[];
}
export const PARTS = ["taken", "missing", "differs"] as const;
export type Part = (typeof PARTS)[number];
export type Report = Record<Part, Item[]>;

/** What came otherwise than a saved conversation expects. Step 0: it could not begin. */
export interface Mismatch {
  step: number;
  /** What was looked at, such as `message 2`. */
  what?: string;
  expected: unknown;
  came: unknown;
}
export interface TestResult {
  name: string;
  slug: string;
  green: boolean;
  mismatch?: Mismatch | null;
}
export interface TestRun {
  ran_at: string;
  green: number;
  red: number;
  conversations: TestResult[];
}

export interface Draft {
  id: string;
  file_name: string;
  made_at: string;
  made_by: { id: string; name: string } | null;
  flows: DraftLine[];
  problems: FlowProblem[];
  report: Report;
  tests: TestRun | null;
}

/** What went wrong while flows ran. */
export interface Trouble {
  /** Its name alone where the flow is no longer known by its id. */
  flow: FlowName | string | null;
  text: string;
  last_at: string;
  count: number;
  /** A limit ended the flow for the person. */
  stopped: boolean;
  /** Which limit, as a stable word. */
  limit?: string | null;
}

export interface Overview {
  published: { version: number; flows: FlowLine[] };
  draft: Draft | null;
  trouble: Trouble[];
}

export interface SavedLine {
  slug: string;
  name: string;
  flow: string;
  steps: number;
  file: string;
}

/** What a call to the outside comes to, by hand. */
export type Answer =
  | { webhook: { status: number; body: unknown } }
  | { llm: string }
  | "email"
  | "airtime"
  | { fails: string };

/** One thing that the person does. */
export type Step =
  | { says: string }
  | { taps: string }
  | { sends: string[] }
  | { silent_until: "timeout" | "expiration" }
  | { answers: Answer };

export interface PersonOf {
  name?: string;
  language?: string;
  fields?: Record<string, string>;
}

export interface SimulateRequest {
  source: Source;
  flow: string;
  look: Look;
  contact: PersonOf;
  steps: Step[];
  /** When the talk begins; the same moment for all its steps. */
  begins_on?: string;
}
/** A talk that was kept. */
export interface Kept {
  slug: string;
}

export interface Segments {
  count: number;
  encoding: "gsm7" | "ucs2";
  characters: number;
}
export interface Choice {
  id: string;
  text: string;
}
export interface Bubble {
  from: "person" | "line";
  text: string;
  /** The texts as they leave on this look. */
  parts: string[];
  choices: Choice[];
  choice_style: "buttons" | "list" | "numbered" | "none";
  attachments: { content_type: string; url: string }[];
  degraded: { what: string; why: string }[];
  segments: Segments | null;
  /** What it costs today; absent where the table of prices does not say. */
  price?: { amount: string; currency: string } | null;
}
/** What a channel makes of the messages that publishing would change. */
export interface ChannelOutlook {
  channel: string;
  name: string;
  address: string;
  messages: number;
  noteworthy: number;
  listed: MessageOutlook[];
}
export interface MessageOutlook extends Pick<Bubble, "segments" | "price" | "degraded"> {
  flow: string;
  node: string;
  language: string;
  words: string;
  has_expressions: boolean;
  refused: boolean;
}
export interface Note {
  kind: string;
  text: string;
  node: string | null;
}
export interface Turn {
  /** Index of the step that began it; null for the beginning. */
  step: number | null;
  bubbles: Bubble[];
  notes: Note[];
}
export interface Waiting {
  kind: "message" | "dial" | "answer";
  /** The call that waits for an answer, such as `webhook GET https://…`. */
  about?: string | null;
  timeout_seconds?: number | null;
}
export interface Talk {
  turns: Turn[];
  waiting: Waiting | null;
  ended: boolean;
  contact: { name: string | null; language: string | null; fields: Record<string, string>; groups: string[] };
  results: { key: string; name: string; value: string; category: string | null }[];
  /** What everything that the line said costs, by currency. */
  costs?: { amount: string; currency: string }[];
}
