/** How people, channels and reasons are named on screen. */
import { type Translate, known } from "./catalogue";
import type { Channel, ConversationRow, SavedReply } from "./types";

export function channelName(t: Translate, channel: string): string {
  return known(t, `channel-${channel}`) ?? channel;
}

/** A person's name, or what may be shown in its place. */
export function personName(t: Translate, name: string | null, channel: Channel, masked: string | null | undefined): string {
  if (name) return name;
  return channel === "webchat" || !masked ? t("no-name-webchat") : t("no-name", { masked });
}

export const rowName = (t: Translate, row: ConversationRow) =>
  personName(t, row.person.name, row.channel, row.person.masked);

export function triageName(t: Translate, kind: string): string {
  return known(t, `triage-${kind}`) ?? kind;
}

const firstOf = (texts: Record<string, string>, languages: readonly (string | null)[]) => {
  for (const language of languages) if (language && texts[language]) return texts[language];
  return Object.values(texts)[0] ?? "";
};

/** A saved reply in the person's language, or in the line's first where there is none. */
export function savedText(reply: SavedReply, language: string | null, fallbacks: readonly string[]): string {
  return firstOf(reply.texts, [language, ...fallbacks]);
}
export function savedTitle(reply: SavedReply, language: string | null, fallbacks: readonly string[]): string {
  return typeof reply.title === "string" ? reply.title : firstOf(reply.title, [language, ...fallbacks]);
}
