import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { LOCALES, translator } from "../src/lib/catalogue";
import { inWords, reportWords } from "../src/lib/flows/report";
import type { Item } from "../src/lib/flows/types";

const locale = (code: string) => LOCALES.find((known) => known.code === code)!;
const of = (kind: string, text: string): Item => ({ kind, name: "menu", text });
const item: Item = {
  kind: "flow",
  name: "menu",
  text: "New. Migrated from 11.12.",
  says: [
    { code: "flow-new", values: {} },
    { code: "flow-migrated", values: { version: "11.12" } },
  ],
};

describe("reports of imports", () => {
  it("are in the console's language, with what they name", async () => {
    const source = readFileSync(join(import.meta.dirname, "..", "locales", "report", "es.ftl"), "utf8");
    const words = translator(locale("es"), source);
    expect(inWords(words, item).replace(/[\u2068\u2069]/g, "")).toBe("Nuevo. Convertido desde la versión 11.12.");
    expect((await reportWords(locale("ar")))?.("flow-new")).toBe("جديد.");
  });
  it("are in the server's words in English, of an earlier release, and where a saying is not known", async () => {
    expect(await reportWords(locale("en"))).toBeNull();
    expect(inWords(null, item)).toBe(item.text);
    const words = await reportWords(locale("es"));
    expect(inWords(words, of("flow", item.text))).toBe(item.text);
    expect(inWords(words, { ...item, says: [...(item.says ?? []), { code: "of-tomorrow", values: {} }] })).toBe(item.text);
  });
});
