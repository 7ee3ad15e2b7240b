import { describe, expect, it } from "vitest";
import { NoConnection } from "../src/lib/api";
import { FlowsDesk } from "../src/lib/flows/desk.svelte";
import { MAX_STEPS, Simulation, bodyOf, callOf, openBubble, placeOf, smsCount, stepOf } from "../src/lib/flows/simulation.svelte";
import type { SimulateRequest, Talk } from "../src/lib/flows/types";
import { bubble, fakeApi, played } from "./fake-flows";

const sent = (calls: unknown[][]) => calls.map(([, request]) => request as SimulateRequest);
function talking(simulate?: (request: SimulateRequest) => Promise<Talk>) {
  const { api, calls } = fakeApi(simulate ? { simulate } : {});
  return { sim: new Simulation(api, "published", "flow-1", new Date("2026-11-22T05:00:00Z")), calls };
}

describe("a talk", () => {
  it("is played anew from the beginning at every step, and back", async () => {
    const { sim, calls } = talking();
    await sim.restart();
    await sim.take({ taps: "Papers" });
    await sim.take({ says: "yes" });
    expect(sim.talk?.ended).toBe(true);
    await sim.undo();
    expect(sim.steps).toEqual([{ taps: "Papers" }]);
    expect(sent(calls).map((request) => request.steps.length)).toEqual([0, 1, 2, 1]);
  });

  it("stays as it was when a step cannot be taken", async () => {
    let down = false;
    const { sim } = talking(async (request) => {
      if (down) throw new NoConnection();
      return played(request);
    });
    await sim.restart();
    await sim.take({ says: "one" });
    const before = sim.talk;
    down = true;
    expect(await sim.take({ says: "two" })).toBe(false);
    expect(sim.steps).toEqual([{ says: "one" }]);
    expect(sim.talk).toBe(before);
    expect(sim.failure).toBeInstanceOf(NoConnection);
    down = false;
    await sim.replay();
    expect(sim.failure).toBeNull();
  });

  it("shows the newest answer only, whichever comes last", async () => {
    const waiting: (() => void)[] = [];
    const { sim } = talking((request) => new Promise((tell) => waiting.push(() => tell(played(request)))));
    const slow = sim.restart();
    sim.setLook("sms");
    const again = sim.replay();
    waiting[2]?.();
    await again;
    waiting[0]?.();
    waiting[1]?.();
    await slow;
    expect(sim.talk?.turns[0]?.bubbles[0]?.choice_style).toBe("numbered");
    expect(sim.busy).toBe(false);
  });

  it("keeps its steps on another look and with another person", async () => {
    const { sim, calls } = talking();
    await sim.restart();
    await sim.take({ says: "hello" });
    sim.name = " Amina ";
    sim.language = "ara";
    sim.fields = [
      { key: "district", value: "Quito" },
      { key: " ", value: "lost" },
      { key: "age", value: " " },
    ];
    await sim.replay();
    expect(sent(calls).at(-1)).toEqual({
      source: "published",
      flow: "flow-1",
      look: "whatsapp",
      contact: { name: "Amina", language: "ara", fields: { district: "Quito" } },
      steps: [{ says: "hello" }],
      begins_on: "2026-11-22T05:00:00.000Z",
    });
  });

  it("sends nothing about the person where nothing is known", () => {
    expect(talking().sim.request().contact).toEqual({});
  });

  it("has an end", async () => {
    const { sim, calls } = talking();
    sim.steps = Array.from({ length: MAX_STEPS }, () => ({ says: "x" }));
    expect(await sim.take({ says: "more" })).toBe(false);
    expect(calls).toEqual([]);
  });

  it("goes on with the same person when another flow is chosen, and is kept for the same flow", async () => {
    const desk = new FlowsDesk(fakeApi().api);
    const first = desk.talkWith("published", "a");
    first.name = "Amina";
    first.look = "sms";
    expect(desk.talkWith("published", "a")).toBe(first);
    const second = desk.talkWith("published", "b");
    expect(second).not.toBe(first);
    expect([second.name, second.look]).toEqual(["Amina", "sms"]);
  });
});

describe("choices", () => {
  const choices = [
    { id: "c1", text: "Yes" },
    { id: "c2", text: "No" },
  ];

  it("are tapped by their words, by their number on SMS, and by id where two say the same", () => {
    const [, no] = choices as [{ id: string; text: string }, { id: string; text: string }];
    expect(stepOf(bubble("?", { choices, choice_style: "buttons" }), no)).toEqual({ taps: "No" });
    expect(stepOf(bubble("?", { choices, choice_style: "numbered" }), no)).toEqual({ says: "2" });
    const twins = [no, { id: "c3", text: "No" }];
    expect(stepOf(bubble("?", { choices: twins, choice_style: "list" }), no)).toEqual({ taps: "c2" });
  });

  it("are open on the line's newest message only, while a message is waited for", () => {
    const talk = played({ source: "draft", flow: "f", look: "webchat", contact: {}, steps: [] });
    expect(openBubble(talk)?.choices).toHaveLength(2);
    expect(openBubble({ ...talk, waiting: null })).toBeNull();
    expect(openBubble({ ...talk, waiting: { kind: "answer", about: "webhook GET x" } })).toBeNull();
    const answered = played({ source: "draft", flow: "f", look: "webchat", contact: {}, steps: [{ taps: "Papers" }] });
    expect(openBubble(answered)).toBeNull();
  });
});

describe("what is typed", () => {
  it("counts the SMS of the line", () => {
    const sms = (look: "sms" | "whatsapp") => smsCount(played({ source: "draft", flow: "f", look, contact: {}, steps: [{ says: "x" }] }));
    expect(sms("sms")).toBe(4);
    expect(sms("whatsapp")).toBeNull();
  });

  it("knows a call by its first word", () => {
    expect(callOf("webhook GET https://example.org")).toBe("webhook");
    expect(callOf("llm: translate")).toBe("llm");
    expect(callOf("classifier utter")).toBe("other");
    expect(callOf(undefined)).toBe("other");
  });

  it("takes a body as JSON where it is JSON", () => {
    expect(bodyOf('{"ok": true}')).toEqual({ ok: true });
    expect(bodyOf("not json")).toBe("not json");
  });

  it("takes a place on earth and nothing else", () => {
    expect(placeOf("-0.1807, -78.4678")).toBe("geo:-0.1807,-78.4678");
    expect(placeOf("31.9 35.9")).toBe("geo:31.9,35.9");
    for (const wrong of ["", "Quito", "91, 0", "0, 181", "1,2,3"]) expect(placeOf(wrong)).toBeNull();
  });
});
