/** What a person sets for themselves on this browser. Nothing here says anything about the people they help. */
import { LOCALES, type Locale, type Translate, pick, translator } from "./catalogue";

export type Theme = "system" | "light" | "dark";

const catalogues = import.meta.glob<string>("../../locales/*.ftl", { query: "?raw", import: "default" });

const read = (key: string): string | null => {
  try {
    return localStorage.getItem(`openline.${key}`);
  } catch {
    return null;
  }
};
const write = (key: string, value: string) => {
  try {
    localStorage.setItem(`openline.${key}`, value);
  } catch {
    // A browser that keeps nothing still works; the choice then lasts until the page closes.
  }
};

class Prefs {
  locale = $state.raw<Locale>(pick([read("language") ?? "", ...navigator.languages]));
  translate = $state.raw<Translate>((key) => key);
  theme = $state<Theme>(((t) => (t === "light" || t === "dark" ? t : "system"))(read("theme")));
  /** Single-key commands (WCAG 2.1.4: can be switched off). */
  keys = $state(read("keys") !== "off");
  /** Whether new messages are read out by a screen reader. */
  announce = $state(read("announce") !== "off");

  async setLocale(code: string): Promise<void> {
    const locale = LOCALES.find((known) => known.code === code) ?? this.locale;
    const load = catalogues[`../../locales/${locale.code}.ftl`];
    if (!load) throw new Error(`no catalogue for ${locale.code}`);
    this.translate = translator(locale, await load());
    this.locale = locale;
    document.documentElement.lang = locale.code;
    document.documentElement.dir = locale.dir;
  }
  /** As `setLocale`, and remembered on this browser. */
  async chooseLocale(code: string): Promise<void> {
    await this.setLocale(code);
    write("language", code);
  }
  setTheme(theme: Theme) {
    this.theme = theme;
    write("theme", theme);
    this.applyTheme();
  }
  applyTheme() {
    if (this.theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = this.theme;
  }
  setKeys(on: boolean) {
    this.keys = on;
    write("keys", on ? "on" : "off");
  }
  setAnnounce(on: boolean) {
    this.announce = on;
    write("announce", on ? "on" : "off");
  }
}

export const prefs = new Prefs();
/** The words of the chosen language; changes with it wherever it is used in markup. */
export const t: Translate = (key, args) => prefs.translate(key, args);
