/** The desk of one line: its queue, its counts, its open conversations, and the stream that keeps them true. */
import { account } from "./account.svelte";
import { LineApi } from "./api";
import { Heard } from "./heard";
import { type Queue, addPage, applyRow } from "./inbox";
import { Stream } from "./stream";
import { Thread } from "./thread.svelte";
import type { Conversation, Counts, Line, Named, SavedReply, StreamEvent, TeamMember, Topic, View } from "./types";

/** Conversations kept in memory after they were looked at; those with unsent text are always kept. */
const THREADS_KEPT = 20;
/** A gap in the stream shorter than this is not worth a bar across the screen. */
const LOST_AFTER_MS = 4_000;

export class Desk {
  readonly api: LineApi;
  readonly me: Named;
  queue = $state.raw<Queue>({ view: "waiting", rows: [], next: null });
  counts = $state.raw<Counts | null>(null);
  loading = $state(false);
  failure = $state.raw<unknown>(null);
  team = $state.raw<TeamMember[]>([]);
  topics = $state.raw<Topic[]>([]);
  saved = $state.raw<SavedReply[]>([]);
  private readonly threads = new Map<string, Thread>();
  private stream: Stream | null;
  private lostTimer: ReturnType<typeof setTimeout> | undefined;
  private askedBeforeOpen = false;
  private streamOpen = false;
  private reads = 0;
  private readonly heard = new Heard<StreamEvent>();
  private open: Thread | null = null;

  constructor(readonly line: Line, me: Named) {
    this.me = me;
    this.api = new LineApi(line.id);
    this.stream = this.listen();
    addEventListener("online", this.back);
  }

  private listen(): Stream {
    return new Stream(this.line.id, {
      event: (event) => this.apply(event),
      open: (resumed) => this.opened(resumed),
      lost: () => this.lost(),
    });
  }

  close() {
    this.leave();
    this.pause();
    removeEventListener("online", this.back);
  }
  /** Stops listening, but keeps what is written. */
  pause() {
    this.stream?.close();
    this.stream = null;
    clearTimeout(this.lostTimer);
  }
  resume() {
    this.stream ??= this.listen();
  }

  /** Shows a view; rows of another view are dropped first so that the list never mixes two. */
  async show(view: View): Promise<void> {
    if (this.queue.view === view && (this.queue.rows.length > 0 || this.loading)) return;
    this.queue = { view, rows: [], next: null };
    await this.refresh();
  }

  async refresh(): Promise<void> {
    const read = ++this.reads;
    const view = this.queue.view;
    if (!this.streamOpen) this.askedBeforeOpen = true;
    this.loading = true;
    this.failure = null;
    this.heard.begin();
    try {
      const [page, counts] = await Promise.all([this.api.conversations(view), this.api.counts()]);
      if (read !== this.reads) return;
      this.queue = addPage({ view, rows: [], next: null }, page.items, page.next);
      this.counts = counts;
      this.catchUp();
    } catch (error) {
      if (read === this.reads) this.failure = error;
    } finally {
      if (read === this.reads) this.loading = false;
    }
  }

  async more(): Promise<void> {
    const { view, next } = this.queue;
    if (next === null || this.loading) return;
    const read = ++this.reads;
    this.loading = true;
    this.heard.begin();
    try {
      const page = await this.api.conversations(view, next);
      if (read !== this.reads) return;
      this.queue = addPage(this.queue, page.items, page.next);
      this.catchUp();
    } catch (error) {
      if (read === this.reads) this.failure = error;
    } finally {
      if (read === this.reads) this.loading = false;
    }
  }

  /** Lists that change rarely; without them the inbox still works, so a failure here is silent and tried again. */
  async loadLists(): Promise<void> {
    const quiet = <R>(read: Promise<R>, set: (value: R) => void) => read.then(set, () => {});
    await Promise.all([
      quiet(this.api.team(), (team) => (this.team = team)),
      quiet(this.api.topics(), (topics) => (this.topics = topics)),
      quiet(this.api.savedReplies(), (saved) => (this.saved = saved)),
    ]);
  }

  thread(id: string): Thread {
    let thread = this.threads.get(id);
    if (!thread) {
      thread = new Thread(id, this.api, this.me);
      this.threads.set(id, thread);
      this.forgetOld();
    }
    return thread;
  }

  /** Opens a conversation. Nothing is fetched ahead: each look at a thread is a line of the audit. */
  async enter(id: string): Promise<Thread> {
    if (this.open && this.open.id !== id) this.leave();
    const thread = this.thread(id);
    this.threads.delete(id);
    this.threads.set(id, thread);
    if (this.open !== thread) {
      this.open = thread;
      thread.say("reading");
    }
    await thread.load();
    return thread;
  }
  leave() {
    const thread = this.open;
    this.open = null;
    if (!thread) return;
    thread.say("away");
    void thread.saveDraft();
  }

  private forgetOld() {
    for (const [id, thread] of this.threads) {
      if (this.threads.size <= THREADS_KEPT) break;
      if (!thread.busy && thread !== this.open) this.threads.delete(id);
    }
  }

  /** A conversation that came back from one of our own actions. */
  accept(conversation: Conversation) {
    this.thread(conversation.id).accept(conversation);
    const { id, person } = conversation;
    const known = this.queue.rows.find((row) => row.id === id);
    const masked = known?.person.masked ?? person.masked ?? person.identities[0]?.masked ?? "";
    this.queue = applyRow(
      this.queue,
      { ...conversation, person: { name: person.name, masked } },
      false,
      this.me.id,
    );
  }

  private apply(event: StreamEvent) {
    this.heard.note(event);
    this.tell(event);
    switch (event.type) {
      case "conversation":
        this.threads.get(event.row.id)?.apply(event);
        break;
      case "presence":
      case "entry":
      case "entry_status":
        this.threads.get(event.conversation)?.apply(event);
        break;
      case "reset":
        this.reload();
        break;
    }
  }

  /** What an event changes in the queue and its counts. */
  private tell(event: StreamEvent) {
    switch (event.type) {
      case "conversation":
        this.queue = applyRow(this.queue, event.row, event.gone, this.me.id);
        break;
      case "counts":
        this.counts = { mine: event.mine, waiting: event.waiting, all: event.all, urgent: event.urgent };
        break;
      case "presence": {
        const row = this.queue.rows.find((known) => known.id === event.conversation);
        if (row) this.queue = applyRow(this.queue, { ...row, answering: event.writers }, false, this.me.id);
        break;
      }
      default:
        break;
    }
  }

  private catchUp() {
    const heard = this.heard.end();
    if (heard === null) void this.refresh();
    for (const event of heard ?? []) this.tell(event);
  }

  /** Everything that is shown, fetched anew; conversations not open are dropped unless they hold text. */
  private reload() {
    void this.refresh();
    for (const [id, thread] of this.threads) {
      if (thread === this.open || thread.busy) void thread.load(true);
      else this.threads.delete(id);
    }
  }

  private opened(resumed: boolean) {
    clearTimeout(this.lostTimer);
    const first = !this.streamOpen;
    this.streamOpen = true;
    account.offline = false;
    // What was asked before the stream was there may miss what happened in between.
    if (!resumed && (!first || this.askedBeforeOpen)) this.reload();
    this.retryAll();
  }
  private lost() {
    clearTimeout(this.lostTimer);
    this.lostTimer = setTimeout(() => (account.offline = true), LOST_AFTER_MS);
  }
  private readonly back = () => this.retryAll();
  private retryAll() {
    for (const thread of this.threads.values()) thread.retry();
  }
}
