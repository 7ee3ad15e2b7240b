/** What a reply will be on the person's channel, asked of the server while it is written. */
import type { LineApi } from "./api";
import type { FileOfReply, ReplyPreview } from "./types";

/** Nobody waits for it: it is asked for when typing rests. */
const REST_MS = 500;
/** Other channels than SMS split or shorten only what is long. */
const LONG_CHARS = 600;

export class Preview {
  shown = $state.raw<ReplyPreview | null>(null);

  private timer: ReturnType<typeof setTimeout> | undefined;
  /** Only the newest question's answer counts. */
  private asked = 0;

  constructor(
    private readonly api: LineApi,
    private readonly conversation: string,
  ) {}

  /** The text and files as they are now in the box; null while nothing can be sent from it. */
  typed(text: string | null, channel: string, files: readonly FileOfReply[] = []): void {
    clearTimeout(this.timer);
    const question = ++this.asked;
    const words = text?.trim() ?? "";
    const costs = channel === "sms" || channel === "voice";
    const said = words.length + files.reduce((sum, file) => sum + file.description.length, 0);
    if (text === null || (files.length === 0 && (words === "" || (!costs && said < LONG_CHARS)))) {
      this.shown = null;
      return;
    }
    this.timer = setTimeout(() => void this.ask(words, files, question), REST_MS);
  }

  private async ask(words: string, files: readonly FileOfReply[], question: number): Promise<void> {
    try {
      const shown = await this.api.preview(this.conversation, words, [...files]);
      if (question === this.asked) this.shown = shown;
    } catch {
      // A help while writing, no more: whatever is wrong is told when the reply is sent.
      if (question === this.asked) this.shown = null;
    }
  }

  stop(): void {
    clearTimeout(this.timer);
    this.asked += 1;
  }
}
