import { describe, expect, it } from "vitest";
import { type Press, readKey } from "../src/lib/keys";

const press = (key: string, more: Partial<Press> = {}): Press => ({ key, code: "", ctrl: false, alt: false, inField: false, inDialog: false, ...more });
const command = (p: Press, prefix: "g" | null = null, single = true) => readKey(p, prefix, single).command;

describe("keys", () => {
  it("act outside text fields", () => {
    expect(command(press("e"))).toEqual({ do: "close" });
    expect(command(press("h"))).toEqual({ do: "snooze" });
    expect(command(press("H"))).toEqual({ do: "snooze-menu" });
    expect(command(press("3"))).toEqual({ do: "mine", nth: 3 });
    expect(command(press("q"))).toBeNull();
  });
  it("never act inside a field or a dialog: a text was once lost that way", () => {
    for (const key of ["e", "h", "u", "?", "/", "1", "Escape"]) {
      expect(command(press(key, { inField: true }))).toBeNull();
      expect(command(press(key, { inDialog: true }))).toBeNull();
    }
    expect(command(press("k", { ctrl: true, inDialog: true }))).toBeNull();
  });
  it("with Ctrl act in fields too", () => {
    expect(command(press("k", { ctrl: true, inField: true }))).toEqual({ do: "commands" });
    expect(command(press("e", { ctrl: true }))).toBeNull();
    expect(command(press("e", { alt: true }))).toBeNull();
  });
  it("can be switched off, except those of the list itself", () => {
    expect(command(press("e"), null, false)).toBeNull();
    expect(command(press("1"), null, false)).toBeNull();
    expect(readKey(press("g"), null, false).prefix).toBeNull();
    expect(command(press("ArrowDown"), null, false)).toEqual({ do: "next" });
    expect(command(press("k", { ctrl: true }), null, false)).toEqual({ do: "commands" });
  });
  it("go by g and a letter", () => {
    expect(readKey(press("g"), null, true)).toEqual({ command: null, prefix: "g" });
    expect(readKey(press("i"), "g", true)).toEqual({ command: { do: "go", to: "inbox" }, prefix: null });
    expect(readKey(press("e"), "g", true)).toEqual({ command: null, prefix: null });
  });
  it("are the same keys on a keyboard that writes Arabic", () => {
    expect(command(press("ت", { code: "KeyJ" }))).toEqual({ do: "next" });
    expect(command(press("ث", { code: "KeyE" }))).toEqual({ do: "close" });
  });
});
