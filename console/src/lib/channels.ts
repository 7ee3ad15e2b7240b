/** Channels as they are set up: the contract's nouns, and what a form of settings sends. Pure but for the API. */
import { request } from "./api";

export type FieldKind = "text" | "secret" | "url" | "number" | "choice" | "bool" | "list" | "table";
export interface ProviderField {
  key: string;
  kind: FieldKind;
  required: boolean;
  /** It need not be there when one of these is. */
  unless?: string[];
  choices?: string[];
  help: string;
}
export interface Provider {
  provider: string;
  name: string;
  /** The scheme of whom it reaches, such as `tel`. */
  reaches: string;
  address: { required: boolean; help: string };
  fields: ProviderField[];
  can_be_tested: boolean;
  can_register_webhook: boolean;
}

export type Settings = Record<string, unknown>;
export interface Delivery {
  per_second?: number;
  account?: string;
  account_per_second?: number;
  fail_over?: string[];
  fail_over_after_minutes?: number;
  unknown?: "wait" | "resend";
  unknown_after_minutes?: number;
}
export interface ChannelLine {
  id: string;
  provider: string;
  kind: string;
  name: string;
  address: string;
  webhook_url: string | null;
  state: "on" | "paused" | "stopped";
  state_reason: string | null;
  state_since: string | null;
  delivery: Delivery;
  /** Null for whoever may not set channels up. A secret that is set is dots. */
  settings: Settings | null;
  verify_token: string | null;
}
export interface ProviderAnswer {
  about: "account" | "balance" | "webhook";
  ok: boolean;
  says: string;
  quality?: string;
  balance?: { amount: string; currency?: string };
  webhook?: string;
  warning?: string;
}
export interface ProviderCall {
  id: string;
  received_at: string;
  state: "waiting" | "handled" | "set_aside" | "discarded" | "unreadable";
  attempts: number;
  error: string | null;
}
export const CALL_STATES = ["waiting", "handled", "set_aside", "discarded", "unreadable"] as const;
export const CHANNEL_STATES = ["on", "paused", "stopped"] as const;

/** Providers are asked live; some take their time. */
const ASK_TIMEOUT_MS = 90_000;

export function channelsApi(line: string) {
  const base = `/lines/${line}/channels`;
  const items = <T>(answer: { items: T[] }) => answer.items;
  const slow = { timeoutMs: ASK_TIMEOUT_MS };
  return {
    providers: () => request<{ items: Provider[] }>("GET", "/providers").then(items),
    list: () => request<{ items: ChannelLine[] }>("GET", base).then(items),
    create: (channel: { provider: string; address: string; settings: Settings }) => request<ChannelLine>("POST", base, channel),
    change: (id: string, change: { settings?: Settings; delivery?: Delivery; on?: boolean }) => request<ChannelLine>("PATCH", `${base}/${id}`, change),
    test: (id: string) => request<{ answers: ProviderAnswer[] }>("POST", `${base}/${id}/test`, {}, slow).then((answer) => answer.answers),
    register: (id: string) => request<ProviderAnswer>("POST", `${base}/${id}/register-webhook`, {}, slow),
    calls: (id: string) => request<{ items: ProviderCall[] }>("GET", `${base}/${id}/calls`).then(items),
  };
}
export type ChannelsApi = ReturnType<typeof channelsApi>;

/** What stands for a secret that is set. */
export const HIDDEN = "•••";
/** What is typed in a form, as text, by key. */
export type Typed = Record<string, string>;

const isHidden = (field: ProviderField) => field.kind === "secret" || field.kind === "table";

function textOf(field: ProviderField, value: unknown): string {
  if (value === undefined || value === null || (isHidden(field) && value === HIDDEN)) return "";
  if (Array.isArray(value)) return value.map(String).join("\n");
  if (typeof value === "object") return Object.entries(value).map(([key, one]) => `${key}: ${String(one)}`).join("\n");
  return String(value);
}

/** The form as it is when it opens; what is hidden is empty. */
export function typedOf(fields: readonly ProviderField[], settings: Settings): Typed {
  return Object.fromEntries(fields.map((field) => [field.key, textOf(field, settings[field.key])]));
}

const linesOf = (text: string) => text.split("\n").map((line) => line.trim()).filter((line) => line !== "");

function valueOf(field: ProviderField, text: string): unknown {
  switch (field.kind) {
    case "number":
      return Number(text);
    case "bool":
      return text === "true";
    case "list":
      return linesOf(text);
    case "table":
      return Object.fromEntries(
        linesOf(text).map((line) => {
          const colon = line.indexOf(":");
          return colon === -1 ? [line, ""] : [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
        }),
      );
    default:
      return text.trim();
  }
}

/**
 * What is to be sent: what was changed only. A hidden value that was left empty stays as it is; one that is in
 * `removed`, and anything else that was emptied, goes.
 */
export function changesOf(fields: readonly ProviderField[], before: Settings, typed: Typed, removed: ReadonlySet<string> = new Set()): Settings {
  const changes: Settings = {};
  for (const field of fields) {
    const text = typed[field.key] ?? "";
    const old = before[field.key];
    if (removed.has(field.key)) changes[field.key] = null;
    else if (text.trim() === "") {
      if (old !== undefined && old !== null && old !== "" && !isHidden(field)) changes[field.key] = null;
    } else if (text !== textOf(field, old)) changes[field.key] = valueOf(field, text);
  }
  return changes;
}

/** Keys of fields that must still be filled in. */
export function missingOf(fields: readonly ProviderField[], before: Settings, typed: Typed, removed: ReadonlySet<string> = new Set()): string[] {
  const kinds = new Map(fields.map((field) => [field.key, field]));
  const isThere = (key: string) => {
    if (removed.has(key)) return false;
    const text = (typed[key] ?? "").trim();
    const field = kinds.get(key);
    if (text !== "") return field?.kind !== "bool" || text === "true";
    return field !== undefined && isHidden(field) && before[key] !== undefined && before[key] !== null;
  };
  return fields.filter((field) => field.required && !isThere(field.key) && !(field.unless ?? []).some(isThere)).map((field) => field.key);
}

/** A delivery as it is sent: what is empty is left out. */
export function deliveryOf(typed: { perSecond: string; failOver: readonly string[]; after: string; unknown: "wait" | "resend"; unknownAfter: string }, before: Delivery): Delivery {
  const number = (text: string) => (text.trim() === "" ? undefined : Number(text));
  const all: Delivery = {
    ...before,
    per_second: number(typed.perSecond),
    fail_over: typed.failOver.length > 0 ? [...typed.failOver] : undefined,
    fail_over_after_minutes: number(typed.after),
    unknown: typed.unknown,
    unknown_after_minutes: number(typed.unknownAfter),
  } as Delivery;
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Delivery;
}
