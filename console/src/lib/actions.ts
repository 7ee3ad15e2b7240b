/** What can be done with a conversation, each with its words and, where possible, a way back. */
import { clock } from "./clock.svelte";
import type { Desk } from "./desk.svelte";
import { failureWords } from "./failure";
import { notices } from "./notices.svelte";
import { prefs, t } from "./prefs.svelte";
import type { Thread } from "./thread.svelte";
import type { Conversation } from "./types";
import { clock as clockWords } from "./words";

export class Actions {
  constructor(
    private readonly desk: Desk,
    private readonly thread: Thread,
  ) {}

  may(verb: string): boolean {
    return this.thread.conversation?.may.includes(verb) ?? false;
  }

  private async run(act: () => Promise<Conversation>, said: string, undo?: () => Promise<Conversation>): Promise<boolean> {
    try {
      this.desk.accept(await act());
    } catch (error) {
      notices.failed(failureWords(t, error));
      return false;
    }
    notices.done(said, undo ? () => void this.run(undo, t("undone")) : null);
    return true;
  }
  private readonly id = () => this.thread.id;
  private readonly api = () => this.desk.api;

  async take(): Promise<void> {
    if (!this.may("take")) return;
    const before = this.thread.conversation?.assignee?.id ?? null;
    await this.run(
      () => this.api().take(this.id()),
      t("did-take"),
      () => this.api().assign(this.id(), before),
    );
  }
  async assign(user: string | null, name: string): Promise<void> {
    const before = this.thread.conversation?.assignee?.id ?? null;
    await this.run(
      () => this.api().assign(this.id(), user),
      user === null ? t("did-unassign") : t("did-assign", { name }),
      () => this.api().assign(this.id(), before),
    );
  }
  async topic(key: string, name: string): Promise<void> {
    const before = this.thread.conversation?.topic?.key;
    const back = before === undefined ? undefined : () => this.api().topic(this.id(), before);
    await this.run(() => this.api().topic(this.id(), key), t("did-topic", { name }), back);
  }
  async snooze(until: Date | null): Promise<void> {
    if (!this.may("snooze")) return;
    const at = until?.toISOString() ?? null;
    await this.run(
      () => this.api().snooze(this.id(), at),
      at === null ? t("did-snooze-reply") : t("did-snooze", { until: clockWords(prefs.locale.intl, at, clock.now) }),
      () => this.api().reopen(this.id()),
    );
  }
  async close(): Promise<void> {
    if (!this.may("close")) return;
    await this.run(
      () => this.api().close(this.id()),
      t("did-close"),
      () => this.api().reopen(this.id()),
    );
  }
  async reopen(): Promise<void> {
    await this.run(() => this.api().reopen(this.id()), t("did-reopen"));
  }
  /** Gives the conversation to the protection focal points; it may leave our own sight by that. */
  async refer(kind: string, note: string): Promise<boolean> {
    try {
      await this.api().refer(this.id(), kind, note);
    } catch (error) {
      notices.failed(failureWords(t, error));
      return false;
    }
    notices.done(t("did-refer"));
    await this.thread.load(true);
    return true;
  }
}
