import { describe, expect, it } from "vitest";
import { type ProviderField, changesOf, deliveryOf, missingOf, typedOf } from "../src/lib/channels";

const field = (key: string, kind: ProviderField["kind"], more: Partial<ProviderField> = {}): ProviderField => ({ key, kind, required: false, help: "", ...more });
const FIELDS = [
  field("account_sid", "text", { required: true }),
  field("auth_token", "secret", { required: true }),
  field("app_secret", "secret", { required: true, unless: ["webhook_token", "unsigned_webhooks"] }),
  field("webhook_token", "secret"),
  field("unsigned_webhooks", "bool"),
  field("max_text_length", "number"),
  field("incoming_prefixes", "list"),
  field("headers", "table"),
];
const SET = { account_sid: "AC1", auth_token: "•••", headers: "•••", max_text_length: 160, incoming_prefixes: ["A", "B"] };

describe("a form of settings", () => {
  it("opens with what is known, and never with a secret", () => {
    expect(typedOf(FIELDS, SET)).toEqual({
      account_sid: "AC1",
      auth_token: "",
      app_secret: "",
      webhook_token: "",
      unsigned_webhooks: "",
      max_text_length: "160",
      incoming_prefixes: "A\nB",
      headers: "",
    });
  });

  it("sends nothing when nothing was changed", () => {
    expect(changesOf(FIELDS, SET, typedOf(FIELDS, SET))).toEqual({});
  });

  it("sends what was changed in its own kind, null for what was emptied, and keeps secrets that were left alone", () => {
    const typed = { ...typedOf(FIELDS, SET), account_sid: " AC2 ", max_text_length: "", unsigned_webhooks: "true", incoming_prefixes: "A\n\n C ", headers: "X-Key: a:b\nEmpty" };
    expect(changesOf(FIELDS, SET, typed)).toEqual({
      account_sid: "AC2",
      max_text_length: null,
      unsigned_webhooks: true,
      incoming_prefixes: ["A", "C"],
      headers: { "X-Key": "a:b", Empty: "" },
    });
    expect(changesOf(FIELDS, SET, { ...typedOf(FIELDS, SET), max_text_length: "70" })).toEqual({ max_text_length: 70 });
  });

  it("removes a secret only when that was asked for", () => {
    expect(changesOf(FIELDS, SET, typedOf(FIELDS, SET), new Set(["auth_token"]))).toEqual({ auth_token: null });
  });

  it("says what is missing, and what would do instead", () => {
    const missing = (typed: Record<string, string>, before = {}, removed = new Set<string>()) => missingOf(FIELDS, before, typed, removed);
    expect(missing({})).toEqual(["account_sid", "auth_token", "app_secret"]);
    expect(missing({ account_sid: "AC", auth_token: "t", webhook_token: "w" })).toEqual([]);
    expect(missing({ account_sid: "AC", auth_token: "t", unsigned_webhooks: "true" })).toEqual([]);
    expect(missing({ account_sid: "AC", auth_token: "t", unsigned_webhooks: "false" })).toEqual(["app_secret"]);
    expect(missing({ account_sid: "AC", app_secret: "s" }, SET)).toEqual([]);
    expect(missing({ account_sid: "AC", app_secret: "s" }, SET, new Set(["auth_token"]))).toEqual(["auth_token"]);
  });
});

describe("a way of delivering", () => {
  const typed = { perSecond: "", failOver: [], after: "", unknown: "wait", unknownAfter: "" } as const;
  it("leaves out what is empty and keeps what the form does not show", () => {
    expect(deliveryOf(typed, { account: "meta", fail_over: ["x"], per_second: 5 })).toEqual({ account: "meta", unknown: "wait" });
    expect(deliveryOf({ ...typed, perSecond: "2.5", failOver: ["b", "a"], after: "15", unknown: "resend" }, {})).toEqual({
      per_second: 2.5,
      fail_over: ["b", "a"],
      fail_over_after_minutes: 15,
      unknown: "resend",
    });
  });
});
