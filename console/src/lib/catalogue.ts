/** Fluent catalogues: the console's own words in each language. Pure apart from `console.error` on a broken catalogue. */
import { FluentBundle, FluentResource, type FluentVariable } from "@fluent/bundle";

export type Args = Record<string, FluentVariable>;
export type Translate = (key: string, args?: Args) => string;

export interface Locale {
  code: string;
  /** The language's own name, for the switch. */
  name: string;
  dir: "ltr" | "rtl";
  /** For dates and numbers. Arabic with Latin digits: they match phone and case numbers. */
  intl: string;
}

export const LOCALES: readonly Locale[] = [
  { code: "en", name: "English", dir: "ltr", intl: "en-GB" },
  { code: "es", name: "Español", dir: "ltr", intl: "es" },
  { code: "ar", name: "العربية", dir: "rtl", intl: "ar-u-nu-latn" },
];

/** The first of the wanted languages that we have; English where none fits. */
export function pick(wanted: readonly string[]): Locale {
  for (const tag of wanted) {
    const found = LOCALES.find((locale) => tag === locale.code || tag.startsWith(`${locale.code}-`));
    if (found) return found;
  }
  return LOCALES[0] as Locale;
}

/**
 * Reads a catalogue. Placeables are isolated (U+2068, U+2069), so a name in another
 * direction does not move its neighbours.
 */
export function translator(locale: Locale, source: string): Translate {
  const bundle = new FluentBundle(locale.intl);
  for (const error of bundle.addResource(new FluentResource(source))) console.error(error);
  return (key, args) => {
    const dot = key.indexOf(".");
    const message = bundle.getMessage(dot === -1 ? key : key.slice(0, dot));
    const pattern = dot === -1 ? message?.value : message?.attributes[key.slice(dot + 1)];
    return pattern ? bundle.formatPattern(pattern, args ?? null, []) : key;
  };
}

/** The translation, or null where the catalogue has none: for words that come from the server. */
export function known(t: Translate, key: string, args?: Args): string | null {
  const text = t(key, args);
  return text === key ? null : text;
}
