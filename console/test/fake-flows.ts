/** A made-up server's flows for the tests: a draft, saved conversations, and a flow that asks, calls and ends. */
import type { FlowsApi } from "../src/lib/flows/api";
import type { Bubble, Draft, FlowLine, Overview, SavedLine, SimulateRequest, Talk, TestRun, Turn } from "../src/lib/flows/types";

export const MENU = "0f3c2b9a-0000-4000-8000-000000000001";

export function flow(name: string, more: Partial<FlowLine> = {}): FlowLine {
  return { uuid: MENU, name, type: "messaging", language: "spa", languages: ["spa", "eng"], nodes: 4, problems: 0, ...more };
}
export function draft(more: Partial<Draft> = {}): Draft {
  return {
    id: "d1",
    file_name: "export.json",
    made_at: "2026-11-22T05:00:00.000Z",
    made_by: { id: "u1", name: "Fátima" },
    flows: [{ ...flow("Menu"), change: "changed" }],
    problems: [],
    report: { taken: [], missing: [], differs: [] },
    tests: null,
    ...more,
  };
}
export function overview(more: Partial<Overview> = {}): Overview {
  return { published: { version: 3, flows: [flow("Menu")] }, draft: null, trouble: [], ...more };
}
export const run = (...results: { slug: string; green: boolean }[]): TestRun => ({
  ran_at: "2026-11-22T05:00:00.000Z",
  green: results.filter((one) => one.green).length,
  red: results.filter((one) => !one.green).length,
  conversations: results.map((one) => ({ ...one, name: one.slug })),
});

export function bubble(text: string, more: Partial<Bubble> = {}): Bubble {
  return { from: "line", text, parts: [text], choices: [], choice_style: "none", attachments: [], degraded: [], segments: null, ...more };
}
const OFFERED = [
  { id: "c1", text: "Papers" },
  { id: "c2", text: "Health" },
];

/** Plays the little flow: asks, and ends when it was answered. */
export function played(request: SimulateRequest): Talk {
  const style = request.look === "sms" ? "numbered" : "buttons";
  const segments = request.look === "sms" ? ({ count: 2, encoding: "gsm7", characters: 170 } as const) : null;
  const turns: Turn[] = [{ step: null, bubbles: [bubble("What do you need?", { choices: OFFERED, choice_style: style, segments })], notes: [] }];
  request.steps.forEach((step, index) => {
    const said = "says" in step ? step.says : "taps" in step ? step.taps : "";
    turns.push({ step: index, bubbles: [bubble(said, { from: "person" }), bubble(`You said ${said}`, { segments })], notes: [{ kind: "result", text: "need", node: null }] });
  });
  const ended = request.steps.length > 1;
  return {
    turns,
    waiting: ended ? null : { kind: "message", timeout_seconds: 300 },
    ended,
    contact: { name: request.contact.name ?? null, language: request.contact.language ?? null, fields: request.contact.fields ?? {}, groups: [] },
    results: [],
  };
}

/** An API of which a test overrides what it wants to see fail; `calls` tells what was asked. */
export function fakeApi(more: Partial<FlowsApi> = {}) {
  const calls: unknown[][] = [];
  const saved: SavedLine[] = [{ slug: "amina", name: "Amina", flow: "Menu", steps: 3, file: "conversations/amina.json" }];
  const log =
    <A extends unknown[], R>(name: string, answer: (...args: A) => R) =>
    async (...args: A): Promise<R> => {
      calls.push([name, ...args]);
      return answer(...args);
    };
  const api: FlowsApi = {
    overview: log("overview", () => overview()),
    upload: log("upload", () => draft()),
    discard: log("discard", () => undefined),
    publish: log("publish", (version: number) => ({ version: version + 1 })),
    test: log("test", () => run({ slug: "amina", green: true })),
    outlook: log("outlook", () => []),
    simulate: log("simulate", played),
    saved: log("saved", () => saved),
    keep: log("keep", (_request: SimulateRequest, name: string) => ({ slug: `kept ${name}` })),
    put: log("put", () => undefined),
    remove: log("remove", () => undefined),
    ...more,
  };
  return { api, calls };
}
