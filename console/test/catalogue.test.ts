import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { FluentResource } from "@fluent/bundle";
import { describe, expect, it } from "vitest";
import { LOCALES, known, pick, translator } from "../src/lib/catalogue";
import { KEY_HELP } from "../src/lib/keys";
import { CALL_STATES, CHANNEL_STATES } from "../src/lib/channels";
import { CHANGES, LOOKS, PARTS, SOURCES } from "../src/lib/flows/types";
import { FLOWS_PAGES, SETTINGS_PAGES } from "../src/lib/router";
import { ROLES, TRIAGE_KINDS, VIEWS } from "../src/lib/types";

const root = join(import.meta.dirname, "..");
const source = (code: string) => readFileSync(join(root, "locales", `${code}.ftl`), "utf8");

/** Keys of a catalogue, attributes as `key.attribute`. */
function keys(code: string): string[] {
  return new FluentResource(source(code)).body
    .flatMap((m) => [
      ...(m.value === null ? [] : [m.id as string]),
      ...Object.keys(m.attributes).map((attribute) => `${m.id}.${attribute}`),
    ])
    .sort();
}
function variables(code: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const m of new FluentResource(source(code)).body) {
    const names = new Set([...JSON.stringify(m).matchAll(/"type":"var","name":"(\w+)"/g)].map((hit) => hit[1]));
    found.set(m.id, [...names].sort().join(" "));
  }
  return found;
}
function files(dir: string): string[] {
  return readdirSync(dir).flatMap((name) => {
    const path = join(dir, name);
    return statSync(path).isDirectory() ? files(path) : /\.(svelte|ts)$/.test(name) ? [path] : [];
  });
}

describe("catalogues", () => {
  it.each(LOCALES.map((l) => l.code))("%s has every key once and none too many", (code) => {
    const lines = source(code).split("\n").filter((line) => /^[a-z][\w-]* =/.test(line)).map((line) => line.split(" ")[0]);
    expect(lines.filter((key, at) => lines.indexOf(key) !== at)).toEqual([]);
    expect(keys(code)).toEqual(keys("en"));
  });

  it.each(LOCALES.map((l) => l.code))("%s uses the same variables as English", (code) => {
    expect([...variables(code)].sort()).toEqual([...variables("en")].sort());
  });

  it.each(LOCALES)("$code formats every message without an error", (locale) => {
    const t = translator(locale, source(locale.code));
    const args = new Proxy({}, { get: (_, name) => (/^(n|minutes|hours|days|events|raw)$/.test(String(name)) ? 3 : "x"), has: () => true, getOwnPropertyDescriptor: () => ({ configurable: true, enumerable: true, value: "x" }) });
    for (const key of keys(locale.code)) expect(t(key, args), key).not.toMatch(/\{|^$/);
  });

  it("has every key that the screens name", () => {
    const have = new Set(keys("en"));
    const missing: string[] = [];
    for (const path of files(join(root, "src"))) {
      for (const [, key] of readFileSync(path, "utf8").matchAll(/\bt\("([\w.-]+)"/g)) if (!have.has(key as string)) missing.push(`${path}: ${key}`);
    }
    expect(missing).toEqual([]);
  });

  it("has every key that the screens put together", () => {
    const have = new Set(keys("en"));
    const wanted = [
      ...["inbox", "flows", ...SETTINGS_PAGES].map((p) => `place-${p}`),
      ...[...FLOWS_PAGES, "simulator"].flatMap((p) => [`flows-${p}`, `flows-tab-${p}`]),
      ...CHANGES.flatMap((c) => [`change-${c}`, `changes-${c}`]),
      ...CHANNEL_STATES.map((s) => `channel-state-${s}`),
      ...["running", "paused", "ended"].map((s) => `sending-${s}`),
      ...["steps", "sprints", "runs", "calls", "other"].map((l) => `limit-${l}`),
      ...CALL_STATES.map((s) => `call-state-${s}`),
      ...["account", "balance", "webhook"].map((a) => `about-${a}`),
      ...["wait", "resend"].map((u) => `unknown-${u}`),
      ...PARTS.flatMap((p) => [`report-${p}`, `report-${p}-explain`, `report-${p}-none`]),
      ...SOURCES.flatMap((s) => [`source-${s}`, `run-on-${s}`, `run-red-${s}`]),
      ...LOOKS.map((l) => `channel-${l}`),
      ...["red-tests", "errors", "changed-meanwhile"].map((b) => `blocked-${b}`),
      ...["webhook", "llm", "email", "airtime", "other"].map((c) => `call-${c}`),
      ...VIEWS.flatMap((v) => [`view-${v}`, `empty-${v}`]),
      ...ROLES.flatMap((r) => [`role-${r}`, `role-${r}.sees`]),
      ...TRIAGE_KINDS.map((k) => `triage-${k}`),
      ...KEY_HELP.map(([, word]) => word),
      ...["queued", "sending", "sent", "delivered", "read", "failed", "unknown", "cancelled"].map((s) => `status-${s}`),
      ...["failed", "unknown", "cancelled"].map((s) => `status-${s}-why`),
      ...["waiting", "assigned", "snoozed", "closed"].map((s) => `status-word-${s}`),
      ...["given", "declined", "not_asked", "vital_interest"].map((s) => `consent-${s}`),
      ...["taken", "assigned", "closed", "reopened", "referred", "topic", "snoozed", "revealed"].map((e) => `event-${e}`),
      ...["whatsapp", "sms", "webchat"].map((c) => `channel-${c}`),
      ...["image", "audio", "video", "file"].map((f) => `file-${f}`),
    ];
    expect(wanted.filter((key) => !have.has(key))).toEqual([]);
  });

  it("isolates a name, so that its direction does not move its neighbours", () => {
    const t = translator(pick(["en"]), source("en"));
    expect(t("head-with", { name: "أحمد" })).toBe("with \u2068أحمد\u2069");
  });

  it("falls back to the key, and says that it is unknown", () => {
    const t = translator(pick(["en"]), source("en"));
    expect(t("no-such-key")).toBe("no-such-key");
    expect(known(t, "no-such-key")).toBeNull();
    expect(known(t, "send")).toBe("Send");
  });

  it("picks the first wanted language that it has", () => {
    expect(pick(["fr-FR", "es-CO"]).code).toBe("es");
    expect(pick(["ar"]).dir).toBe("rtl");
    expect(pick(["fr"]).code).toBe("en");
  });
});
