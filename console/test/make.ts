/** Short makers of nouns for the tests; every field can be overridden. */
import type { Conversation, ConversationRow, Entry } from "../src/lib/types";

export const AT = "2026-11-21T10:00:00.000Z";

export function row(id: string, more: Partial<ConversationRow> = {}): ConversationRow {
  return {
    id,
    person: { name: id, masked: "+57…1" },
    last_words: "",
    last_at: AT,
    waiting_since: AT,
    topic: null,
    urgent: false,
    restricted: false,
    triage: null,
    status: "waiting",
    snoozed_until: null,
    assignee: null,
    answering: [],
    channel: "sms",
    unread: 0,
    ...more,
  };
}

export function entry(id: string, more: Partial<Entry> = {}): Entry {
  return {
    id,
    at: AT,
    kind: "message_in",
    author: { kind: "person" },
    text: id,
    attachments: [],
    choices: [],
    status: null,
    reason: null,
    event: null,
    ...more,
  };
}

export function conversation(id: string, more: Partial<Conversation> = {}): Conversation {
  return {
    ...row(id),
    opened_at: AT,
    closed_at: null,
    learnt: [],
    window: { kind: "none", closes_at: null },
    readers: [],
    draft: null,
    last_entry_id: null,
    may: ["reply", "note"],
    person: {
      id: "p",
      name: id,
      language: "spa",
      language_chosen: true,
      identities: [],
      consent: { state: "given", notice_version: "1", at: AT, channel: "sms", words: "sí" },
      fields: [],
      earlier: [],
    },
    ...more,
  };
}
