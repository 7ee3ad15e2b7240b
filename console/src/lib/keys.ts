/**
 * Single-key commands. They act only outside text fields and dialogs, and can be switched off
 * (WCAG 2.1.4); keys with Ctrl act everywhere.
 */
export type Command =
  | { do: "next" | "previous" | "open" | "back" | "search" | "commands" | "help" }
  | { do: "reply" | "note" | "take" | "assign" | "topic" | "snooze" | "snooze-menu" | "refer" | "close" }
  | { do: "mine"; nth: number }
  | { do: "go"; to: "inbox" | "flows" | "settings" };

export interface Press {
  key: string;
  /** Physical key, used where the keyboard writes another script. */
  code: string;
  ctrl: boolean;
  alt: boolean;
  inField: boolean;
  inDialog: boolean;
}

const SINGLE: Record<string, Command> = {
  j: { do: "next" },
  ArrowDown: { do: "next" },
  k: { do: "previous" },
  ArrowUp: { do: "previous" },
  Enter: { do: "open" },
  Escape: { do: "back" },
  "/": { do: "search" },
  "?": { do: "help" },
  r: { do: "reply" },
  n: { do: "note" },
  m: { do: "take" },
  a: { do: "assign" },
  t: { do: "topic" },
  h: { do: "snooze" },
  H: { do: "snooze-menu" },
  u: { do: "refer" },
  e: { do: "close" },
};
const AFTER_G: Record<string, Command> = {
  i: { do: "go", to: "inbox" },
  f: { do: "go", to: "flows" },
  s: { do: "go", to: "settings" },
};

/** Keys that keep their meaning without the single-key commands: they are the list's own. */
const ALWAYS = new Set(["ArrowDown", "ArrowUp", "Enter", "Escape"]);

/** The Latin letter of the pressed key, whatever script the keyboard writes. */
function letter(press: Press): string {
  if (/^[\x20-\x7e]$/.test(press.key) || press.key.length > 1) return press.key;
  const latin = /^Key([A-Z])$/.exec(press.code)?.[1];
  return latin?.toLowerCase() ?? (press.code === "Slash" ? "/" : press.key);
}

export function readKey(
  press: Press,
  prefix: "g" | null,
  singleKeys: boolean,
): { command: Command | null; prefix: "g" | null } {
  const none = { command: null, prefix: null };
  if (press.inDialog || press.alt) return none;
  const key = letter(press);
  if (press.ctrl) return key === "k" ? { command: { do: "commands" }, prefix: null } : none;
  if (press.inField || (!singleKeys && !ALWAYS.has(key))) return none;
  if (prefix === "g") return { command: AFTER_G[key] ?? null, prefix: null };
  if (key === "g") return { command: null, prefix: "g" };
  if (/^[1-9]$/.test(key)) return { command: { do: "mine", nth: Number(key) }, prefix: null };
  return { command: SINGLE[key] ?? null, prefix: null };
}

/** The keys as the help shows them, with the catalogue's key of their meaning. */
export const KEY_HELP: readonly (readonly [keys: string, word: string])[] = [
  ["j / ↓", "key-next"],
  ["k / ↑", "key-previous"],
  ["Enter", "key-open"],
  ["Esc", "key-back"],
  ["/", "key-search"],
  ["Ctrl + K", "key-commands"],
  ["r", "key-reply"],
  ["n", "key-note"],
  ["Ctrl + Enter", "key-send"],
  ["m", "key-take"],
  ["a", "key-assign"],
  ["t", "key-topic"],
  ["h", "key-snooze"],
  ["H", "key-snooze-menu"],
  ["u", "key-refer"],
  ["e", "key-close"],
  ["1 – 9", "key-mine"],
  ["g i", "key-go-inbox"],
  ["g f", "key-go-flows"],
  ["g s", "key-go-settings"],
  ["?", "key-help"],
];
