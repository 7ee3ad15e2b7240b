/** The files of the reply in the box: brought to the server one after the other, told what becomes of them, sent or taken back. */
import { type LineApi, Problem, Stopped } from "./api";
import type { Becomes, FileOfReply } from "./types";
import { uuid } from "./uuid";

/** The server takes no more; what is larger need not be sent to find that out. */
export const MAX_FILE_BYTES = 25 * 1024 * 1024;
export const MAX_FILES = 10;
export const MAX_DESCRIPTION_CHARS = 500;

/** A file that goes with the reply, or is to. */
export interface ReplyFile {
  key: string;
  name: string;
  size: number;
  /** What is in it, for who cannot see it; goes along as text. */
  description: string;
  state: "waiting" | "sending" | "here" | "failed";
  /** 0 to 1. */
  sent: number;
  /** The server's, once it is there. */
  id: string | null;
  becomes: Becomes | null;
  /** A reason of ours or the server's by its code, or what went wrong. */
  reason: string | null;
  failure: unknown;
}

interface Source {
  file: File;
  stop: AbortController;
}

const empty: Omit<ReplyFile, "key" | "name" | "size"> = {
  description: "",
  state: "waiting",
  sent: 0,
  id: null,
  becomes: null,
  reason: null,
  failure: null,
};

export class ReplyFiles {
  list = $state.raw<ReplyFile[]>([]);
  /** Set when more were given than a reply takes. */
  tooMany = $state(false);

  private readonly sources = new Map<string, Source>();
  private bringing = false;

  constructor(
    private readonly api: LineApi,
    private readonly conversation: string,
  ) {}

  /** Whether something is still on its way to the server. */
  get busy(): boolean {
    return this.list.some((file) => file.state === "waiting" || file.state === "sending");
  }
  /** Whether one of them cannot be sent. */
  get stuck(): boolean {
    return this.list.some((file) => file.state === "failed" || file.becomes?.how === "refused");
  }
  /** As the server is told of them. */
  get forReply(): FileOfReply[] {
    return of(this.list);
  }

  add(files: Iterable<File>): void {
    const fresh = [...files];
    const room = Math.max(0, MAX_FILES - this.list.length);
    this.tooMany = fresh.length > room;
    for (const file of fresh.slice(0, room)) {
      const key = uuid();
      const large = file.size > MAX_FILE_BYTES;
      const reason = large ? "too_large" : file.size === 0 ? "empty" : null;
      if (reason === null) this.sources.set(key, { file, stop: new AbortController() });
      this.list = [...this.list, { ...empty, key, name: file.name, size: file.size, state: reason ? "failed" : "waiting", reason }];
    }
    void this.bring();
  }

  describe(key: string, description: string): void {
    this.change(key, { description: description.slice(0, MAX_DESCRIPTION_CHARS) });
  }

  /** Stops its way to the server, or takes it back from there. */
  remove(key: string): void {
    const file = this.list.find((one) => one.key === key);
    this.sources.get(key)?.stop.abort();
    this.sources.delete(key);
    this.list = this.list.filter((one) => one.key !== key);
    this.tooMany = false;
    // What cannot be taken back now goes by itself after a day.
    if (file?.id) this.api.takeBack(this.conversation, file.id).catch(() => {});
  }

  again(key: string): void {
    const source = this.sources.get(key);
    if (!source) return;
    this.sources.set(key, { file: source.file, stop: new AbortController() });
    this.change(key, { state: "waiting", sent: 0, reason: null, failure: null });
    void this.bring();
  }

  /** What the server said becomes of them when it refused the reply. */
  told(becomes: readonly Becomes[]): void {
    this.list = this.list.map((file) => ({ ...file, becomes: becomes.find((one) => one.id === file.id) ?? file.becomes }));
  }

  /** Takes them out of the box, for a reply that is being sent. */
  take(): ReplyFile[] {
    const taken = this.list;
    this.list = [];
    this.tooMany = false;
    return taken;
  }
  /** Puts them back, since the reply was not sent. */
  putBack(files: readonly ReplyFile[]): void {
    this.list = [...files, ...this.list];
  }

  private change(key: string, change: Partial<ReplyFile>): void {
    this.list = this.list.map((file) => (file.key === key ? { ...file, ...change } : file));
  }

  /** One at a time: on a slow connection the first is there sooner. */
  private async bring(): Promise<void> {
    if (this.bringing) return;
    this.bringing = true;
    for (let next = this.next(); next; next = this.next()) {
      const { key } = next;
      const source = this.sources.get(key);
      if (!source) {
        this.change(key, { state: "failed" });
        continue;
      }
      this.change(key, { state: "sending" });
      try {
        const progress = (sent: number, total: number) => this.change(key, { sent: total > 0 ? sent / total : 0 });
        const there = await this.api.bring(this.conversation, source.file, progress, source.stop.signal);
        if (this.list.some((file) => file.key === key)) {
          this.sources.delete(key);
          this.change(key, { state: "here", sent: 1, id: there.id, becomes: there.becomes });
        } else {
          this.api.takeBack(this.conversation, there.id).catch(() => {});
        }
      } catch (error) {
        if (error instanceof Stopped) continue;
        const reason = error instanceof Problem && typeof error.body.reason === "string" ? error.body.reason : null;
        const large = error instanceof Problem && error.status === 413;
        this.change(key, { state: "failed", reason: large ? "too_large" : reason, failure: error });
      }
    }
    this.bringing = false;
  }
  private next(): ReplyFile | undefined {
    return this.list.find((file) => file.state === "waiting");
  }
}

/** Files as the server is told of them. */
export function of(files: readonly ReplyFile[]): FileOfReply[] {
  return files.flatMap((file) => (file.id === null ? [] : [{ id: file.id, description: file.description.trim() }]));
}

/** Whether another try can help. */
export function mayTryAgain(file: ReplyFile): boolean {
  return file.state === "failed" && file.reason === null;
}
