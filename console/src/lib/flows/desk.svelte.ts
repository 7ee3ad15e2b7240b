/** The flows of one line: what is published, the draft, the saved conversations, and the talk in the simulator. */
import { Problem, Stopped } from "../api";
import { type Blocked, type FlowsApi, MAX_EXPORT_BYTES, blockedBy } from "./api";
import { Simulation } from "./simulation.svelte";
import type { Overview, SavedLine, Source, TestRun } from "./types";

export interface Upload {
  name: string;
  sent: number;
  total: number;
}

export class FlowsDesk {
  overview = $state.raw<Overview | null>(null);
  failure = $state.raw<unknown>(null);
  upload = $state.raw<Upload | null>(null);
  uploadFailure = $state.raw<unknown>(null);
  /** Why the last attempt to publish was refused. */
  blocked = $state.raw<Blocked | null>(null);
  publishing = $state(false);
  saved = $state.raw<SavedLine[] | null>(null);
  savedFailure = $state.raw<unknown>(null);
  /** The last run of the saved conversations on each source. */
  runs = $state.raw<Record<Source, TestRun | null>>({ draft: null, published: null });
  testing = $state<Source | null>(null);
  /** False once the server said that it plays conversations on drafts only. */
  testsPublished = $state(true);
  talk = $state.raw<Simulation | null>(null);
  private stop: AbortController | null = null;

  constructor(readonly api: FlowsApi) {}

  async load(): Promise<void> {
    this.failure = null;
    try {
      this.accept(await this.api.overview());
    } catch (error) {
      this.failure = error;
    }
  }
  private accept(overview: Overview) {
    this.overview = overview;
    this.runs = { ...this.runs, draft: overview.draft?.tests ?? null };
  }

  /** Gives whether a draft came of it. */
  async import(file: File): Promise<boolean> {
    this.uploadFailure = null;
    if (file.size > MAX_EXPORT_BYTES) {
      // As the server would say, but before a long upload.
      this.uploadFailure = new Problem(413, { type: "too-large" }, null);
      return false;
    }
    this.stop = new AbortController();
    this.upload = { name: file.name, sent: 0, total: file.size };
    try {
      const draft = await this.api.upload(file, (sent, total) => (this.upload = { name: file.name, sent, total }), this.stop.signal);
      this.draftChanged();
      if (this.overview) this.accept({ ...this.overview, draft });
      else await this.load();
      return true;
    } catch (error) {
      if (!(error instanceof Stopped)) this.uploadFailure = error;
      return false;
    } finally {
      this.upload = null;
      this.stop = null;
    }
  }
  stopImport() {
    this.stop?.abort();
  }

  /** A talk with the draft of before, and what refused it, say nothing about the new one. */
  private draftChanged() {
    this.blocked = null;
    if (this.talk?.source === "draft") this.talk = null;
  }
  async discard(): Promise<void> {
    await this.api.discard();
    this.draftChanged();
    await this.load();
  }
  /** Publishes the draft over the version that is on screen; gives the new version, or null where it was blocked. */
  async publish(): Promise<number | null> {
    const seen = this.overview?.published.version;
    if (seen === undefined || this.publishing) return null;
    this.publishing = true;
    this.blocked = null;
    try {
      const { version } = await this.api.publish(seen);
      this.draftChanged();
      this.runs = { draft: null, published: null };
      await this.load();
      return version;
    } catch (error) {
      const blocked = blockedBy(error);
      if (blocked === null) throw error;
      if (blocked.why === "red-tests") this.runs = { ...this.runs, draft: blocked.tests };
      if (blocked.why === "changed-meanwhile") await this.load();
      this.blocked = blocked;
      return null;
    } finally {
      this.publishing = false;
    }
  }

  async test(source: Source): Promise<void> {
    if (this.testing) return;
    this.testing = source;
    try {
      this.runs = { ...this.runs, [source]: await this.api.test(source) };
      if (source === "draft" && this.blocked?.why === "red-tests") this.blocked = null;
    } catch (error) {
      if (source !== "published" || !(error instanceof Problem) || ![404, 405].includes(error.status)) throw error;
      this.testsPublished = false;
    } finally {
      this.testing = null;
    }
  }
  async loadSaved(): Promise<void> {
    this.savedFailure = null;
    try {
      this.saved = await this.api.saved();
    } catch (error) {
      this.savedFailure = error;
    }
  }
  async remove(slug: string): Promise<void> {
    await this.api.remove(slug);
    this.forgetRuns();
    await this.loadSaved();
  }
  /** Puts a saved conversation from a file beside the others. */
  async add(file: File, slug: string): Promise<void> {
    await this.api.put(slug, JSON.parse(await file.text()));
    this.forgetRuns();
    await this.loadSaved();
  }
  /** Keeps the talk as a saved conversation that expects what the flow says now. */
  async keep(name: string): Promise<void> {
    if (!this.talk) return;
    await this.api.keep(this.talk.request(), name);
    this.forgetRuns();
    this.saved = null;
  }
  /** After the conversations changed, an earlier green says nothing. */
  private forgetRuns() {
    this.runs = { draft: null, published: null };
    if (this.blocked?.why === "red-tests") this.blocked = null;
  }

  /** The talk with this flow; the one that is under way when it is the same. */
  talkWith(source: Source, flow: string): Simulation {
    if (this.talk?.source === source && this.talk.flow === flow) return this.talk;
    const before = this.talk;
    const talk = new Simulation(this.api, source, flow);
    // Who is at the other end, and on which channel, stays when another flow is chosen.
    if (before) {
      talk.look = before.look;
      talk.name = before.name;
      talk.language = before.language;
      talk.fields = before.fields;
    }
    this.talk = talk;
    void talk.restart();
    return talk;
  }
}
