/** What a report of an import says, in the console's language: English comes from the server, the others from here. */
import { type Locale, type Translate, known, translator } from "../catalogue";
import type { Item } from "./types";

const catalogues = import.meta.glob<string>("../../../locales/report/*.ftl", { query: "?raw", import: "default" });

/** The words of reports in a language; null where the server's own are shown. */
export async function reportWords(locale: Locale): Promise<Translate | null> {
  const load = catalogues[`../../../locales/report/${locale.code}.ftl`];
  return load ? translator(locale, await load()) : null;
}

/** An item's text; the server's own where one of its sayings is not known here. */
export function inWords(words: Translate | null, item: Item): string {
  if (words === null || !item.says?.length) return item.text;
  const texts = item.says.map((one) => known(words, one.code, one.values));
  return texts.every((text) => text !== null) ? texts.join(" ") : item.text;
}
