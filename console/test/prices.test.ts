import { describe, expect, it } from "vitest";
import { merged } from "../src/lib/prices";
import type { TariffRow } from "../src/lib/types";

const row = (to: string, price: string): TariffRow => ({ channel: "sms", to, unit: "segment", price, currency: "USD", valid_from: "2026-01-01" });
const [a, b, c] = [row("+593", "0.07"), row("+57", "0.05"), row("+51", "0.03")];

describe("prices that two people change", () => {
  it("keeps what both have changed", () => {
    const mine = [a, row("+57", "0.06"), row("+58", "0.09")];
    const theirs = [row("+593", "0.08"), b, c];
    expect(merged([a, b], mine, theirs)).toEqual([row("+593", "0.08"), c, row("+57", "0.06"), row("+58", "0.09")]);
  });
  it("takes a row away that either took away, and has a row once that both have added", () => {
    expect(merged([a, b, c], [b, c], [a, b])).toEqual([b]);
    expect(merged([a], [a, b], [a, b, c])).toEqual([a, b, c]);
  });
  it("is their table where nothing was changed here", () => {
    expect(merged([a, b], [a, b], [c, a])).toEqual([c, a]);
  });
});
