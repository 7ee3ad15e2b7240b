import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type LineApi, NoConnection, Problem } from "../src/lib/api";
import { Thread } from "../src/lib/thread.svelte";
import type { Entry } from "../src/lib/types";
import { AT, conversation, entry } from "./make";

const me = { id: "nadia", name: "Nadia" };
const at = (minute: number) => `2026-11-21T10:${String(minute).padStart(2, "0")}:00.000Z`;

/** A server of one conversation that answers from a script. */
function fake(script: (Entry | Error)[] = [], more: Parameters<typeof conversation>[1] = {}) {
  const calls: { text: string; expected: string | null; client_id: string }[] = [];
  const drafts: string[] = [];
  const doing: string[] = [];
  const api = {
    conversation: async () => conversation("c", more),
    entries: async () => ({ items: [entry("e1", { at: at(1) })], before: null }),
    reply: async (_: string, text: string, expected: string | null, client_id: string) => {
      calls.push({ text, expected, client_id });
      const answer = script.shift() ?? entry(`own-${calls.length}`, { at: at(10 + calls.length), kind: "message_out", author: { kind: "staff", id: me.id }, text, status: "queued" });
      if (answer instanceof Error) throw answer;
      return answer;
    },
    note: async (_: string, text: string) => entry("note", { at: at(20), kind: "note", author: { kind: "staff", id: me.id }, text }),
    draft: async (_: string, text: string) => void drafts.push(text),
    presence: async (_: string, what: string) => void doing.push(what),
  };
  return { thread: new Thread("c", api as unknown as LineApi, me), calls, drafts, doing };
}
const settle = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("sending", () => {
  it("sends once, empties the box, and shows the entry", async () => {
    const { thread, calls } = fake();
    await thread.load();
    thread.typed("hola");
    thread.send();
    expect(thread.text).toBe("");
    expect(thread.outgoing).toHaveLength(1);
    await settle();
    expect(calls).toMatchObject([{ text: "hola", expected: "e1" }]);
    expect(thread.outgoing).toHaveLength(0);
    expect(thread.entries.map((e) => e.text)).toEqual(["e1", "hola"]);
  });

  it("does not send an empty text", async () => {
    const { thread, calls } = fake();
    await thread.load();
    thread.typed("  \n ");
    thread.send();
    await settle();
    expect(calls).toEqual([]);
  });

  it("tries again under the same id while the connection is away, and keeps the order", async () => {
    const { thread, calls } = fake([new NoConnection(), new NoConnection()]);
    await thread.load();
    thread.typed("one");
    thread.send();
    thread.typed("two");
    thread.send();
    await settle();
    expect(thread.outgoing.map((o) => o.state)).toEqual(["waiting", "sending"]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(calls.map((c) => c.text)).toEqual(["one", "one", "one", "two"]);
    expect(new Set(calls.map((c) => c.client_id)).size).toBe(2);
    expect(calls[3]?.expected).toBe("own-3");
    expect(thread.outgoing).toEqual([]);
  });

  it("tries at once when the connection returns", async () => {
    const { thread, calls } = fake([new NoConnection()]);
    await thread.load();
    thread.typed("one");
    thread.send();
    await settle();
    thread.retry();
    await settle();
    expect(calls).toHaveLength(2);
  });

  it("puts the text back when the server refuses it", async () => {
    const refusal = new Problem(409, { type: "x/window-closed" }, null);
    const { thread } = fake([refusal]);
    await thread.load();
    thread.typed("late");
    thread.send();
    await settle();
    expect(thread.text).toBe("late");
    expect(thread.sendFailure).toBe(refusal);
    expect(thread.outgoing).toEqual([]);
  });

  it("gives up on a broken server after a few tries, with the text in the box", async () => {
    const broken = () => new Problem(500, {}, null);
    const { thread, calls } = fake([broken(), broken(), broken(), broken(), broken()]);
    await thread.load();
    thread.typed("one");
    thread.send();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(calls).toHaveLength(4);
    expect(thread.text).toBe("one");
  });

  it("shows an own message once when the stream is faster than the answer", async () => {
    const { thread } = fake();
    await thread.load();
    thread.typed("hola");
    thread.send();
    const own = entry("own-1", { at: at(11), kind: "message_out", author: { kind: "staff", id: me.id }, text: "hola", status: "sent" });
    thread.apply({ type: "entry", conversation: "c", entry: own });
    expect(thread.confirmed.size).toBe(1);
    await settle();
    expect(thread.entries.filter((e) => e.text === "hola")).toHaveLength(1);
    expect(thread.entries.at(-1)?.status).toBe("sent");
  });
});

describe("stop and look", () => {
  const omar = entry("omar", { at: at(5), kind: "message_out", author: { kind: "staff", id: "omar" }, text: "I have it" });

  it("opens when the server says that the thread has moved on, and can be overridden", async () => {
    const { thread, calls } = fake([new Problem(409, { type: "urn:openline:thread-moved-on", entries: [omar] }, null)]);
    await thread.load();
    thread.typed("mine");
    thread.send();
    await settle();
    expect(thread.movedOn?.entries.map((e) => e.id)).toEqual(["omar"]);
    thread.sendAnyway();
    await settle();
    expect(calls.map((c) => c.expected)).toEqual(["e1", "omar"]);
    expect(calls[0]?.client_id).toBe(calls[1]?.client_id);
  });

  it("opens before anything is sent when a colleague answered while we wrote", async () => {
    const { thread, calls } = fake();
    await thread.load();
    thread.typed("mi");
    thread.apply({ type: "entry", conversation: "c", entry: omar });
    thread.typed("mine");
    thread.send();
    await settle();
    expect(calls).toEqual([]);
    thread.takeBack();
    expect(thread.text).toBe("mine");
    thread.send();
    await settle();
    expect(calls).toMatchObject([{ text: "mine", expected: "omar" }]);
  });

  it("does not open for what the person wrote meanwhile: that stands in the thread", async () => {
    const { thread, calls } = fake();
    await thread.load();
    thread.typed("mine");
    thread.apply({ type: "entry", conversation: "c", entry: entry("e2", { at: at(3) }) });
    thread.send();
    await settle();
    expect(calls).toMatchObject([{ expected: "e2" }]);
  });
});

describe("drafts and presence", () => {
  it("saves what is written a second after the last key, and clears it when it is sent", async () => {
    const { thread, drafts, doing } = fake();
    await thread.load();
    thread.typed("h");
    thread.typed("ho");
    await vi.advanceTimersByTimeAsync(1_000);
    expect(drafts).toEqual(["ho"]);
    expect(doing).toEqual(["writing"]);
    thread.send();
    await settle();
    expect(drafts).toEqual(["ho", ""]);
    expect(doing).toEqual(["writing", "reading"]);
  });

  it("brings the draft of another computer back, but never over what is being written", async () => {
    const saved = fake([], { draft: { text: "from home" } });
    await saved.thread.load();
    expect(saved.thread.text).toBe("from home");
    const writing = fake([], { draft: { text: "from home" } });
    writing.thread.text = "now";
    await writing.thread.load();
    expect(writing.thread.text).toBe("now");
  });

  it("keeps a note apart from a reply", async () => {
    const { thread, calls } = fake();
    await thread.load();
    thread.typed("reply");
    thread.mode = "note";
    thread.typed("careful");
    thread.send();
    await settle();
    expect(calls).toEqual([]);
    expect(thread.entries.at(-1)?.kind).toBe("note");
    expect(thread.text).toBe("reply");
  });
});

describe("what others do", () => {
  it("empties the thread when it is no longer ours to see", async () => {
    const { thread } = fake();
    await thread.load();
    thread.apply({ type: "conversation", row: { ...conversation("c"), person: { name: null, masked: "" } }, gone: true });
    expect(thread.conversation).toBeNull();
    expect(thread.entries).toEqual([]);
    expect(thread.failure).toBeInstanceOf(Problem);
  });
  it("moves statuses forward only", async () => {
    const { thread } = fake([entry("m", { at: AT, kind: "message_out", author: { kind: "staff", id: me.id }, status: "queued" })]);
    await thread.load();
    thread.typed("m");
    thread.send();
    await settle();
    for (const status of ["delivered", "sent"] as const) thread.apply({ type: "entry_status", conversation: "c", id: "m", status, reason: null });
    expect(thread.entries.find((e) => e.id === "m")?.status).toBe("delivered");
  });
});

describe("what happens while the thread is fetched", () => {
  /** A server whose answers wait until they are let go. */
  function slow() {
    const waiting: (() => void)[] = [];
    const held = <T>(answer: T) => new Promise<T>((let_go) => waiting.push(() => let_go(answer)));
    const later: Entry[] = [];
    let asked = 0;
    const api = {
      conversation: () => held(conversation("c")),
      entries: () => {
        asked += 1;
        return held({ items: [entry("e1", { at: at(1) }), ...later], before: null });
      },
    };
    const answer = async () => {
      for (const let_go of waiting.splice(0)) let_go();
      await settle();
    };
    return { thread: new Thread("c", api as unknown as LineApi, me), later, answer, asked: () => asked };
  }
  const texts = (thread: Thread) => thread.entries.map((e) => e.text);

  it("stays, although the server read before it", async () => {
    const { thread, answer, asked } = slow();
    const loaded = thread.load();
    thread.apply({ type: "entry", conversation: "c", entry: entry("e2", { at: at(2) }) });
    thread.apply({ type: "presence", conversation: "c", readers: [me], writers: [{ id: "omar", name: "Omar" }] });
    await answer();
    await loaded;
    expect(texts(thread)).toEqual(["e1", "e2"]);
    expect(thread.writers).toEqual([{ id: "omar", name: "Omar" }]);
    expect(asked()).toBe(1);
  });

  it("is fetched once more when the stream opens meanwhile", async () => {
    const { thread, later, answer, asked } = slow();
    const loaded = thread.load();
    later.push(entry("e2", { at: at(2) }));
    await thread.load(true);
    await answer();
    expect(texts(thread)).toEqual(["e1"]);
    await answer();
    await loaded;
    expect(texts(thread)).toEqual(["e1", "e2"]);
    expect(asked()).toBe(2);
  });

  it("is fetched once more when more was told than is kept", async () => {
    const { thread, answer, asked } = slow();
    const loaded = thread.load();
    for (let n = 0; n < 501; n += 1) thread.apply({ type: "entry_status", conversation: "c", id: "e1", status: "sent", reason: null });
    await answer();
    await answer();
    await loaded;
    expect(asked()).toBe(2);
  });

  it("ends the thread when it was taken from us", async () => {
    const { thread, answer } = slow();
    const loaded = thread.load();
    thread.apply({ type: "conversation", row: { ...conversation("c"), person: { name: null, masked: "" } }, gone: true });
    await answer();
    await loaded;
    expect(texts(thread)).toEqual([]);
    expect(thread.failure).toBeInstanceOf(Problem);
  });
});
