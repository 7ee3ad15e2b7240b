import { describe, expect, it } from "vitest";
import { type Queue, addPage, applyRow, applyStatus, belongs, compareRows, foldBot, laterStatus, mergeEntries, visibleRange } from "../src/lib/inbox";
import { entry, row } from "./make";

const ids = (queue: Queue) => queue.rows.map((r) => r.id).join(" ");
const at = (minute: number) => `2026-11-21T10:${String(minute).padStart(2, "0")}:00.000Z`;

describe("the order of the queue", () => {
  it("puts urgent first, then who waits longest, then who waits for nothing", () => {
    const rows = [
      row("idle", { waiting_since: null }),
      row("asleep", { waiting_since: at(1), status: "snoozed", last_at: "2026-11-21T09:00:00.000Z" }),
      row("late", { waiting_since: at(30) }),
      row("early", { waiting_since: at(10) }),
      row("urgent", { waiting_since: at(50), urgent: true }),
    ];
    expect(rows.sort(compareRows).map((r) => r.id)).toEqual(["urgent", "early", "late", "idle", "asleep"]);
  });

  it("is total: equal rows are ordered by id, so that the list never trembles", () => {
    expect(compareRows(row("a"), row("b"))).toBeLessThan(0);
    expect(compareRows(row("b"), row("a"))).toBeGreaterThan(0);
    expect(compareRows(row("a"), row("a"))).toBe(0);
  });
});

describe("views", () => {
  it("knows where a row belongs", () => {
    const mine = row("x", { status: "assigned", assignee: { id: "me", name: "" } });
    const closed = row("x", { status: "closed", assignee: { id: "me", name: "" }, urgent: true });
    expect([belongs(mine, "mine", "me"), belongs(mine, "mine", "you"), belongs(mine, "waiting", "me"), belongs(mine, "all", "me")]).toEqual([true, false, false, true]);
    expect(["mine", "waiting", "all", "urgent"].some((view) => belongs(closed, view as "mine", "me"))).toBe(false);
    expect(belongs(closed, "closed", "me")).toBe(true);
  });
});

describe("rows that change", () => {
  const queue: Queue = addPage(
    { view: "waiting", rows: [], next: null },
    [row("a", { waiting_since: at(1) }), row("b", { waiting_since: at(2) }), row("c", { waiting_since: at(3) })],
    null,
  );

  it("come to their place, and move when their place changes", () => {
    const more = applyRow(queue, row("d", { waiting_since: at(2), last_at: at(59) }), false, "me");
    expect(ids(more)).toBe("a d b c");
    expect(ids(applyRow(more, row("c", { urgent: true }), false, "me"))).toBe("c a d b");
  });

  it("leave when they are taken by somebody, closed, or no longer visible", () => {
    expect(ids(applyRow(queue, row("b", { status: "assigned" }), false, "me"))).toBe("a c");
    expect(ids(applyRow(queue, row("b"), true, "me"))).toBe("a c");
  });

  it("change nothing when they were never here", () => {
    expect(applyRow(queue, row("z", { status: "closed" }), false, "me")).toBe(queue);
  });

  it("wait for their page when they sort behind the loaded part", () => {
    const part = { ...queue, next: "cursor" };
    expect(ids(applyRow(part, row("z", { waiting_since: at(40) }), false, "me"))).toBe("a b c");
    expect(ids(applyRow(part, row("y", { waiting_since: at(2), last_at: at(59) }), false, "me"))).toBe("a y b c");
    expect(ids(applyRow(part, row("c", { waiting_since: at(3), unread: 2 }), false, "me"))).toBe("a b c");
  });

  it("are not doubled by a page that holds them already", () => {
    const joined = addPage(queue, [row("c", { waiting_since: at(3) }), row("d", { waiting_since: at(4) })], null);
    expect(ids(joined)).toBe("a b c d");
  });
});

describe("statuses", () => {
  it("never move backwards", () => {
    expect(laterStatus("delivered", "sent")).toBe("delivered");
    expect(laterStatus("sent", "read")).toBe("read");
    expect(laterStatus(null, "queued")).toBe("queued");
    expect(laterStatus("unknown", "sent")).toBe("sent");
    expect(laterStatus("delivered", "failed")).toBe("delivered");
  });

  it("reach the entry they name, with the reason", () => {
    const [a, b] = applyStatus([entry("a", { status: "sent" }), entry("b", { status: "sent" })], "b", "failed", "24 hours are over");
    expect(a?.status).toBe("sent");
    expect([b?.status, b?.reason]).toEqual(["failed", "24 hours are over"]);
  });
});

describe("a thread", () => {
  it("joins what is known with what comes, in order, each once, keeping the later status", () => {
    const merged = mergeEntries(
      [entry("b", { at: at(2), status: "read" })],
      [entry("c", { at: at(3) }), entry("a", { at: at(1) }), entry("b", { at: at(2), status: "sent" })],
    );
    expect(merged.map((e) => e.id)).toEqual(["a", "b", "c"]);
    expect(merged[1]?.status).toBe("read");
  });

  const bot = (id: string) => entry(id, { kind: "message_out", author: { kind: "bot" } });
  const shape = (entries: Parameters<typeof foldBot>[0]) =>
    foldBot(entries).map((part) => (part.kind === "bot" ? `[${part.entries.map((e) => e.id).join(" ")}]` : part.entry.id)).join(" ");

  it("folds the bot's part, but not the words that brought the person here and the answer to them", () => {
    expect(shape([entry("hi"), bot("menu"), entry("1"), bot("sub"), entry("he hits me"), bot("safe"), entry("taken", { kind: "event", author: { kind: "staff" } }), entry("yes")])).toBe(
      "[hi menu 1 sub] he hits me safe taken yes",
    );
  });

  it("keeps what the person said after the bot", () => {
    expect(shape([entry("hi"), bot("menu"), entry("1"), bot("handed"), entry("are you there?")])).toBe("hi menu 1 handed are you there?");
    expect(shape([entry("hi"), bot("a"), bot("b"), entry("1"), bot("handed"), entry("hello?")])).toBe("[hi a b] 1 handed hello?");
  });

  it("folds again after a human has been there, and never folds human words", () => {
    const staff = entry("nadia", { kind: "message_out", author: { kind: "staff" } });
    expect(shape([entry("a"), staff, entry("b"), bot("stars?"), entry("5"), bot("thanks")])).toBe("a nadia b stars? 5 thanks");
    expect(shape([entry("a"), entry("b"), entry("c"), staff])).toBe("a b c nadia");
  });
});

describe("the part of a long list that is drawn", () => {
  it("covers the window with some rows around it", () => {
    expect(visibleRange(0, 600, 88, 10_000, 6)).toEqual({ first: 0, end: 13 });
    expect(visibleRange(88_000, 600, 88, 10_000, 6)).toEqual({ first: 994, end: 1013 });
  });
  it("holds at the ends and for nothing", () => {
    expect(visibleRange(0, 600, 88, 3, 6)).toEqual({ first: 0, end: 3 });
    expect(visibleRange(999_999, 600, 88, 20, 6)).toEqual({ first: 14, end: 20 });
    expect(visibleRange(0, 600, 88, 0, 6)).toEqual({ first: 0, end: 0 });
    expect(visibleRange(0, 600, 0, 5, 6)).toEqual({ first: 0, end: 0 });
  });
});
