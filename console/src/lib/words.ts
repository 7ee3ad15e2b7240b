/** Times and sizes in words. Pure: the moment and the language are given. */
import type { Translate } from "./catalogue";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** "now", "2 min", "3 h", "4 d": how long ago, short, for lists. */
export function age(t: Translate, at: string, now: number): string {
  const ms = Math.max(0, now - Date.parse(at));
  if (ms < MINUTE) return t("age-now");
  if (ms < HOUR) return t("age-minutes", { n: Math.floor(ms / MINUTE) });
  if (ms < DAY) return t("age-hours", { n: Math.floor(ms / HOUR) });
  return t("age-days", { n: Math.floor(ms / DAY) });
}

/** "23 h 12 min": time that is left. Null when it is over. */
export function left(t: Translate, until: string, now: number): string | null {
  const ms = Date.parse(until) - now;
  if (!(ms > 0)) return null;
  const minutes = Math.max(1, Math.floor(ms / MINUTE));
  if (minutes < 60) return t("left-minutes", { minutes });
  if (ms < 2 * DAY) return t("left-hours", { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
  return t("left-days", { days: Math.floor(ms / DAY) });
}

const sameDay = (a: Date, b: Date) => a.toDateString() === b.toDateString();

/** "10:41" today, "20 Nov, 10:41" else. */
export function clock(locale: string, at: string, now: number): string {
  const then = new Date(at);
  if (Number.isNaN(then.getTime())) return "";
  const today = sameDay(then, new Date(now));
  return new Intl.DateTimeFormat(locale, {
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    ...(today ? {} : { day: "numeric", month: "short" }),
  }).format(then);
}

/** "12 Nov 2026". */
export function day(locale: string, at: string): string {
  const then = new Date(at);
  if (Number.isNaN(then.getTime())) return "";
  return new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric" }).format(then);
}

/** "Spanish" for `spa`; the code itself where no name is known. */
export function languageName(locale: string, code: string): string {
  try {
    const name = new Intl.DisplayNames([locale], { type: "language", fallback: "code" }).of(code) ?? code;
    return name.charAt(0).toLocaleUpperCase(locale) + name.slice(1);
  } catch {
    return code;
  }
}

/** The tag of a language as a page names it, from its ISO 639-3 code: `es` for `spa`. */
export function languageTag(code: string | null): string | undefined {
  try {
    return code ? Intl.getCanonicalLocales(code)[0] : undefined;
  } catch {
    return undefined;
  }
}

/** "34 KB". */
export function size(locale: string, bytes: number): string {
  const [value, unit] =
    bytes < 1000 ? [bytes, "byte"] : bytes < 1e6 ? [Math.round(bytes / 1000), "kilobyte"] : [Math.round(bytes / 1e5) / 10, "megabyte"];
  return new Intl.NumberFormat(locale, { style: "unit", unit: unit as string, unitDisplay: "short" }).format(value as number);
}

/** The next moment after `now` at which a local clock says this hour; for "snooze until tomorrow 9:00". */
export function nextAt(now: number, hour: number, daysAhead: number): Date {
  const then = new Date(now);
  then.setDate(then.getDate() + daysAhead);
  then.setHours(hour, 0, 0, 0);
  return then;
}

/** A name in whatever script, so that it does not change places with the words around it. */
export const isolated = (name: string): string => `\u2068${name}\u2069`;
