import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { LineApi } from "../src/lib/api";
import { Preview } from "../src/lib/preview.svelte";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A server whose answers come after so many milliseconds, or not at all. */
function fake(delays: number[]) {
  const asked: string[] = [];
  const api = {
    preview: (_: string, text: string) => {
      asked.push(text);
      const delay = delays.shift() ?? 0;
      return new Promise((resolve, reject) =>
        setTimeout(() => (delay < 0 ? reject(new Error("away")) : resolve({ parts: [text], messages: 1, segments: null, degraded: [], refused: null, price: null })), Math.abs(delay)),
      );
    },
  };
  return { preview: new Preview(api as unknown as LineApi, "c"), asked };
}

describe("a reply's preview", () => {
  it("is asked for when typing rests, not for every letter", async () => {
    const { preview, asked } = fake([]);
    for (const text of ["h", "ho", "hola"]) preview.typed(text, "sms");
    await vi.advanceTimersByTimeAsync(1_000);
    expect(asked).toEqual(["hola"]);
    expect(preview.shown?.parts).toEqual(["hola"]);
  });

  it("shows the newest question's answer, also when an older one comes later", async () => {
    const { preview, asked } = fake([5_000, 10]);
    preview.typed("one", "sms");
    await vi.advanceTimersByTimeAsync(600);
    preview.typed("two", "sms");
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asked).toEqual(["one", "two"]);
    expect(preview.shown?.parts).toEqual(["two"]);
  });

  it("goes away with the text, and where nothing is charged by length", async () => {
    const { preview, asked } = fake([]);
    preview.typed("hola", "sms");
    await vi.advanceTimersByTimeAsync(1_000);
    preview.typed("  ", "sms");
    expect(preview.shown).toBeNull();
    preview.typed("hola", "whatsapp");
    await vi.advanceTimersByTimeAsync(1_000);
    expect(asked).toEqual(["hola"]);
    preview.typed("a".repeat(700), "whatsapp");
    await vi.advanceTimersByTimeAsync(1_000);
    expect(asked).toHaveLength(2);
  });

  it("says nothing when the server is away", async () => {
    const { preview } = fake([-1]);
    preview.typed("hola", "sms");
    await vi.advanceTimersByTimeAsync(1_000);
    expect(preview.shown).toBeNull();
  });
});
