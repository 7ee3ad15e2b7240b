/** One conversation on this tab: what was said, what is being written, and what is on its way. */
import { type LineApi, NoConnection, Problem, serverNow } from "./api";
import { applyStatus, mergeEntries } from "./inbox";
import { type ReplyFile, ReplyFiles, of as filesOf } from "./files.svelte";
import { Heard } from "./heard";
import { Preview } from "./preview.svelte";
import type { Becomes, Conversation, ConversationRow, Entry, Named, StreamEvent } from "./types";
import { uuid } from "./uuid";

const DRAFT_DELAY_MS = 1_000;
const WRITING_REPEAT_MS = 20_000;
const WRITING_IDLE_MS = 8_000;
const RETRY_MIN_MS = 2_000;
const RETRY_MAX_MS = 30_000;
/** Tries at a server that answers with an error of its own, before the text goes back into the box. */
const SERVER_ERROR_TRIES = 4;
/** Reads one after the other when each is overtaken; the next look at the thread reads again anyway. */
const READS_MAX = 3;

export type Mode = "reply" | "note";

/** A message of our own that the server has not confirmed yet. `client_id` makes a second try harmless. */
export interface Outgoing {
  client_id: string;
  mode: Mode;
  text: string;
  files: ReplyFile[];
  at: string;
  expected: string | null;
  state: "sending" | "waiting";
}

const lastId = (entries: readonly Entry[]) => entries[entries.length - 1]?.id ?? null;

export class Thread {
  conversation = $state.raw<Conversation | null>(null);
  entries = $state.raw<Entry[]>([]);
  before = $state<string | null>(null);
  loading = $state(false);
  failure = $state.raw<unknown>(null);
  readers = $state.raw<Named[]>([]);
  writers = $state.raw<Named[]>([]);

  /** What the reply in the box will be, where that is worth knowing. */
  readonly preview: Preview;
  /** The files of the reply in the box. */
  readonly files: ReplyFiles;
  mode = $state<Mode>("reply");
  text = $state("");
  noteText = $state("");
  outgoing = $state.raw<Outgoing[]>([]);
  /** Why the last text came back into the box. */
  sendFailure = $state.raw<unknown>(null);
  /** Set while the stop-and-look dialog is open: what others said since we began to write. */
  movedOn = $state.raw<{ out: Outgoing; entries: Entry[] } | null>(null);

  private readonly heard = new Heard<StreamEvent>();
  /** Set when the answer under way may be too old as a whole. */
  private overtaken = false;
  private loadedOnce = false;
  private draining = false;
  private savedDraft = "";
  private draftTimer: ReturnType<typeof setTimeout> | undefined;
  private idleTimer: ReturnType<typeof setTimeout> | undefined;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private retryNow: (() => void) | null = null;
  private writingSince = 0;
  /** The newest entry when the text now in the box was begun. */
  private beganAfter: string | null = null;

  constructor(
    readonly id: string,
    private readonly api: LineApi,
    private readonly me: Named,
  ) {
    this.preview = new Preview(api, id);
    this.files = new ReplyFiles(api, id);
  }

  /** Anything that would be lost if this object were dropped. */
  get busy(): boolean {
    return this.text !== "" || this.noteText !== "" || this.outgoing.length > 0 || this.files.list.length > 0;
  }

  /** Fetches the thread; with `force` also when it is there, and once more when it is being fetched just now. */
  async load(force = false): Promise<void> {
    if (this.loading) this.overtaken ||= force;
    if (this.loading || (this.loadedOnce && !force)) return;
    this.loading = true;
    this.failure = null;
    try {
      for (let turn = 0; turn < READS_MAX; turn += 1) {
        this.overtaken = false;
        await this.read();
        if (!this.overtaken) break;
      }
    } catch (error) {
      this.failure = error;
    } finally {
      this.loading = false;
    }
  }

  private async read(): Promise<void> {
    this.heard.begin();
    const [conversation, page] = await Promise.all([this.api.conversation(this.id), this.api.entries(this.id)]);
    const keptTail = this.entries.length > 0 && page.items.some((e) => this.entries.some((k) => k.id === e.id));
    this.entries = mergeEntries(keptTail ? this.entries : [], page.items);
    if (!keptTail) this.before = page.before;
    this.accept(conversation);
    if (!this.loadedOnce && this.text === "" && conversation.draft) this.text = conversation.draft.text;
    this.savedDraft = conversation.draft?.text ?? "";
    this.loadedOnce = true;
    const heard = this.heard.end();
    if (heard === null) this.overtaken = true;
    for (const event of heard ?? []) this.tell(event);
    this.beganAfter = lastId(this.entries);
  }

  async loadEarlier(): Promise<void> {
    if (this.before === null || this.loading) return;
    this.loading = true;
    try {
      const page = await this.api.entries(this.id, this.before);
      this.entries = mergeEntries(this.entries, page.items);
      this.before = page.before;
    } finally {
      this.loading = false;
    }
  }

  /** Fetches a file again that was given up. The entry tells what becomes of it. */
  async fetchAgain(media: string): Promise<void> {
    await this.api.fetchAgain(this.id, media);
    this.entries = this.entries.map((entry) => ({
      ...entry,
      attachments: (entry.attachments ?? []).map((file) => (file.media === media ? { ...file, state: "waiting" as const } : file)),
    }));
  }

  accept(conversation: Conversation) {
    this.conversation = conversation;
    this.readers = conversation.readers ?? [];
    this.writers = conversation.answering ?? [];
  }

  apply(event: StreamEvent) {
    this.heard.note(event);
    this.tell(event);
  }

  private tell(event: StreamEvent) {
    switch (event.type) {
      case "conversation":
        this.applyRow(event.row, event.gone);
        break;
      case "entry":
        this.entries = mergeEntries(this.entries, [event.entry]);
        this.dropConfirmed(event.entry);
        break;
      case "entry_status":
        this.entries = applyStatus(this.entries, event.id, event.status, event.reason);
        break;
      case "presence":
        this.readers = event.readers;
        this.writers = event.writers;
        break;
      case "counts":
      case "reset":
        break;
    }
  }

  private applyRow(row: ConversationRow, gone: boolean) {
    if (gone) {
      this.conversation = null;
      this.entries = [];
      this.failure = new Problem(404, {}, null);
      this.loadedOnce = false;
      return;
    }
    const old = this.conversation;
    if (!old) return;
    const { person, ...rest } = row;
    const changed = old.status !== row.status || old.assignee?.id !== row.assignee?.id || old.urgent !== row.urgent;
    const spoke = old.last_at !== row.last_at;
    this.conversation = { ...old, ...rest, person: { ...old.person, name: person.name } };
    // What we may do, and the channel's window, are the server's to say.
    if (changed || spoke) void this.refreshHead();
  }

  private async refreshHead() {
    try {
      this.accept(await this.api.conversation(this.id));
    } catch (error) {
      if (error instanceof Problem && error.status === 404) this.failure = error;
    }
  }

  private dropConfirmed(entry: Entry) {
    if (entry.author.kind !== "staff" || entry.author.id !== this.me.id) return;
    const kind = entry.kind === "note" ? "note" : "reply";
    const said = (o: Outgoing) => [o.text, ...filesOf(o.files).map((file) => file.description)].filter((part) => part !== "").join("\n");
    const twin = this.outgoing.find((o) => o.mode === kind && said(o) === entry.text && o.state === "sending");
    if (twin) this.confirmed.add(twin.client_id);
    this.outgoing = [...this.outgoing];
  }
  /** Outgoing messages whose entry came by the stream before the answer to our request. */
  readonly confirmed = new Set<string>();

  typed(value: string) {
    if (this.mode === "note") {
      this.noteText = value;
      return;
    }
    if (this.text === "") this.beganAfter = lastId(this.entries);
    this.text = value;
    this.sendFailure = null;
    this.saveDraftSoon();
    this.sayWriting();
  }

  private saveDraftSoon() {
    clearTimeout(this.draftTimer);
    this.draftTimer = setTimeout(() => void this.saveDraft(), DRAFT_DELAY_MS);
  }
  async saveDraft() {
    clearTimeout(this.draftTimer);
    const text = this.text;
    if (text === this.savedDraft || !this.conversation) return;
    try {
      await this.api.draft(this.id, text);
      this.savedDraft = text;
    } catch {
      // The text is still in the box; the next change or the return of the connection saves it.
    }
  }

  private sayWriting() {
    const now = Date.now();
    if (now - this.writingSince > WRITING_REPEAT_MS) {
      this.writingSince = now;
      this.say("writing");
    }
    clearTimeout(this.idleTimer);
    this.idleTimer = setTimeout(() => this.say("reading"), WRITING_IDLE_MS);
  }
  say(doing: "reading" | "writing" | "away") {
    if (doing !== "writing") {
      this.writingSince = 0;
      clearTimeout(this.idleTimer);
    }
    // Presence is a courtesy: when it cannot be told, nothing is lost.
    this.api.presence(this.id, doing).catch(() => {});
  }

  /** Takes what is in the box and sends it, in order, each exactly once. */
  send() {
    const text = (this.mode === "note" ? this.noteText : this.text).trim();
    const withFiles = this.mode === "reply" && this.files.list.length > 0;
    if ((text === "" && !withFiles) || !this.conversation) return;
    // What is still on its way, or cannot go, is told beside it; nothing leaves without it.
    if (withFiles && (this.files.busy || this.files.stuck)) return;
    const out: Outgoing = {
      client_id: uuid(),
      mode: this.mode,
      text,
      files: withFiles ? this.files.take() : [],
      at: new Date(serverNow()).toISOString(),
      expected: lastId(this.entries),
      state: "sending",
    };
    this.sendFailure = null;
    const others = this.mode === "reply" ? this.answersOfOthers() : [];
    if (this.mode === "note") this.noteText = "";
    else this.text = "";
    clearTimeout(this.draftTimer);
    if (others.length > 0) {
      this.movedOn = { out, entries: others };
      return;
    }
    this.enqueue(out);
  }

  private answersOfOthers(): Entry[] {
    const from = this.entries.findIndex((entry) => entry.id === this.beganAfter);
    return this.entries
      .slice(from + 1)
      .filter((e) => e.kind === "message_out" && e.author.kind === "staff" && e.author.id !== this.me.id);
  }

  sendAnyway() {
    const moved = this.movedOn;
    this.movedOn = null;
    if (moved) this.enqueue({ ...moved.out, expected: lastId(this.entries), state: "sending" });
  }
  takeBack() {
    const moved = this.movedOn;
    this.movedOn = null;
    if (moved) this.putBack(moved.out);
    this.beganAfter = lastId(this.entries);
  }
  /** Stops an attempt that waits for the connection; its text goes back into the box. */
  cancel(client_id: string) {
    const out = this.outgoing.find((o) => o.client_id === client_id);
    if (!out) return;
    this.remove(client_id);
    this.putBack(out);
  }

  private enqueue(out: Outgoing) {
    this.outgoing = [...this.outgoing, out];
    if (out.mode === "reply") this.say("reading");
    void this.drain();
  }
  private remove(client_id: string) {
    this.outgoing = this.outgoing.filter((o) => o.client_id !== client_id);
  }
  private mark(client_id: string, state: Outgoing["state"]) {
    this.outgoing = this.outgoing.map((o) => (o.client_id === client_id ? { ...o, state } : o));
  }
  private putBack(out: Outgoing) {
    const join = (now: string) => (now === "" ? out.text : `${out.text}\n${now}`);
    if (out.mode === "note") this.noteText = join(this.noteText);
    else {
      this.text = this.text === "" && out.text === "" ? "" : join(this.text);
      this.files.putBack(out.files);
      this.saveDraftSoon();
    }
    this.mode = out.mode;
  }

  /** Called when the connection is back. */
  retry() {
    this.retryNow?.();
    void this.saveDraft();
  }

  private async drain() {
    if (this.draining) return;
    this.draining = true;
    let wait = RETRY_MIN_MS;
    let serverErrors = 0;
    for (let out = this.outgoing[0]; out !== undefined; out = this.outgoing[0]) {
      try {
        this.mark(out.client_id, "sending");
        this.delivered(out, await this.post(out));
        wait = RETRY_MIN_MS;
        serverErrors = 0;
      } catch (error) {
        const passing = error instanceof NoConnection || (error instanceof Problem && error.status >= 500);
        if (error instanceof Problem && error.status >= 500) serverErrors += 1;
        if (passing && serverErrors < SERVER_ERROR_TRIES) {
          this.mark(out.client_id, "waiting");
          await this.pause(wait);
          wait = Math.min(wait * 2, RETRY_MAX_MS);
        } else {
          this.refused(out, error);
        }
      }
    }
    this.draining = false;
    if (this.text === "" && this.savedDraft !== "") await this.saveDraft();
  }

  private post(out: Outgoing): Promise<Entry> {
    return out.mode === "note"
      ? this.api.note(this.id, out.text, out.client_id)
      : this.api.reply(this.id, out.text, out.expected, out.client_id, filesOf(out.files));
  }
  private delivered(out: Outgoing, entry: Entry) {
    const wasNewest = lastId(this.entries) === out.expected || lastId(this.entries) === entry.id;
    this.entries = mergeEntries(this.entries, [entry]);
    this.confirmed.delete(out.client_id);
    // What stands behind it in our own queue was written knowing it.
    this.outgoing = this.outgoing
      .filter((o) => o.client_id !== out.client_id)
      .map((o) => (o.expected === out.expected && wasNewest ? { ...o, expected: entry.id } : o));
    this.beganAfter = lastId(this.entries);
  }
  private refused(out: Outgoing, error: unknown) {
    this.remove(out.client_id);
    if (error instanceof Problem && error.kind === "thread-moved-on") {
      const entries = Array.isArray(error.body.entries) ? (error.body.entries as Entry[]) : [];
      this.entries = mergeEntries(this.entries, entries);
      this.movedOn = { out, entries };
      return;
    }
    this.putBack(out);
    if (error instanceof Problem && error.kind === "file-refused" && Array.isArray(error.body.files)) {
      this.files.told(error.body.files as Becomes[]);
    }
    this.sendFailure = error;
  }
  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const go = () => {
        clearTimeout(this.retryTimer);
        this.retryNow = null;
        resolve();
      };
      this.retryNow = go;
      this.retryTimer = setTimeout(go, ms);
    });
  }
}
