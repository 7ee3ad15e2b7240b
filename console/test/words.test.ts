import { describe, expect, it } from "vitest";
import { age, clock, day, languageName, languageTag, left, nextAt, size } from "../src/lib/words";
import { readEvent } from "../src/lib/stream";

const t = (key: string, args?: Record<string, unknown>) => [key, ...Object.values(args ?? {})].join(" ");
const NOW = Date.parse("2026-11-21T10:00:00.000Z");
const before = (ms: number) => new Date(NOW - ms).toISOString();
const MINUTE = 60_000;

describe("times in words", () => {
  it("say how long ago", () => {
    expect(age(t, before(20_000), NOW)).toBe("age-now");
    expect(age(t, before(2 * MINUTE + 59_000), NOW)).toBe("age-minutes 2");
    expect(age(t, before(60 * MINUTE), NOW)).toBe("age-hours 1");
    expect(age(t, before(47 * 60 * MINUTE), NOW)).toBe("age-days 1");
  });
  it("do not run backwards when clocks differ", () => {
    expect(age(t, before(-5 * MINUTE), NOW)).toBe("age-now");
  });
  it("say how long is left, and that nothing is", () => {
    expect(left(t, before(-(23 * 60 + 12) * MINUTE), NOW)).toBe("left-hours 23 12");
    expect(left(t, before(-40 * MINUTE), NOW)).toBe("left-minutes 40");
    expect(left(t, before(-20_000), NOW)).toBe("left-minutes 1");
    expect(left(t, before(-72 * 60 * MINUTE), NOW)).toBe("left-days 3");
    expect(left(t, before(0), NOW)).toBeNull();
    expect(left(t, "nonsense", NOW)).toBeNull();
  });
  it("show the day only when it is another", () => {
    expect(clock("en-GB", new Date(NOW).toISOString(), NOW)).toMatch(/^\d\d:\d\d$/);
    expect(clock("en-GB", before(48 * 60 * MINUTE), NOW)).toMatch(/19 Nov/);
    expect(clock("en-GB", "nonsense", NOW)).toBe("");
    expect(day("en-GB", "2026-11-12T09:30:00.000Z")).toBe("12 Nov 2026");
  });
  it("use Latin digits in Arabic, as phone numbers do", () => {
    expect(day("ar-u-nu-latn", "2026-11-12T09:30:00.000Z")).toMatch(/12.*2026/);
  });
  it("find the next morning", () => {
    const morning = nextAt(NOW, 9, 1);
    expect([morning.getHours(), morning.getMinutes()]).toEqual([9, 0]);
    expect(morning.getTime()).toBeGreaterThan(NOW);
  });
});

describe("names and sizes", () => {
  it("name a language by its three letters, in the reader's language", () => {
    expect(languageName("en-GB", "spa")).toBe("Spanish");
    expect(languageName("es", "eng")).toBe("Inglés");
    expect(languageName("en-GB", "q?")).toBe("q?");
  });
  it("give sizes that can be judged before loading", () => {
    expect(size("en-GB", 34_120)).toMatch(/^34\skB$/);
    expect(size("en-GB", 2_340_000)).toMatch(/^2\.3\sMB$/);
  });
});

describe("events of the stream", () => {
  it("carry their type, and broken ones are dropped", () => {
    expect(readEvent("reset", "")).toEqual({ type: "reset" });
    expect(readEvent("counts", '{"mine":1,"waiting":2,"all":3,"urgent":0}')).toMatchObject({ type: "counts", waiting: 2 });
    expect(readEvent("entry", "{")).toBeNull();
    expect(readEvent("entry", "[]")).toBeNull();
    expect(readEvent("entry", "null")).toBeNull();
  });
});

describe("the tag of a language", () => {
  it("is what a page may carry", () => {
    expect(["spa", "ara", "swa"].map(languageTag)).toEqual(["es", "ar", "sw"]);
    expect([languageTag(null), languageTag("not a code")]).toEqual([undefined, undefined]);
  });
});
