import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Desk } from "../src/lib/desk.svelte";
import type { ConversationRow, Line } from "../src/lib/types";
import { row } from "./make";

/** The streams that were opened; the test speaks in the place of the server. */
let streams: FakeStream[] = [];
class FakeStream extends EventTarget {
  static readonly CLOSED = 2;
  readyState = 1;
  onopen: (() => void) | null = null;
  constructor(readonly url: string) {
    super();
    streams.push(this);
  }
  close() {}
  tell(type: string, data: unknown) {
    this.dispatchEvent(Object.assign(new Event(type), { data: JSON.stringify(data) }));
  }
}

beforeEach(() => {
  streams = [];
  vi.stubGlobal("EventSource", FakeStream);
  vi.stubGlobal("addEventListener", () => {});
  vi.stubGlobal("removeEventListener", () => {});
});
afterEach(() => void vi.unstubAllGlobals());

const counts = (waiting: number) => ({ mine: 0, waiting, all: waiting, urgent: 0 });

it("keeps in the queue what is told while the queue is fetched", async () => {
  const desk = new Desk({ id: "casa" } as Line, { id: "nadia", name: "Nadia" });
  let answer: (rows: ConversationRow[]) => void = () => {};
  Object.assign(desk.api, {
    conversations: () => new Promise((done) => (answer = (items) => done({ items, next: null }))),
    counts: async () => counts(1),
  });
  streams[0]?.onopen?.();
  const fetched = desk.refresh();
  streams[0]?.tell("conversation", { row: row("new"), gone: false });
  streams[0]?.tell("conversation", { row: row("taken"), gone: true });
  streams[0]?.tell("counts", counts(2));
  answer([row("old"), row("taken")]);
  await fetched;
  expect(desk.queue.rows.map((known) => known.id).sort()).toEqual(["new", "old"]);
  expect(desk.counts?.waiting).toBe(2);
  desk.close();
});
