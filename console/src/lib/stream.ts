/**
 * The one event stream of this tab. The browser itself reconnects and names the last id it saw;
 * where it gives up (an error page instead of a stream) we open a new one and ask for everything anew.
 */
import { STREAM_EVENT_TYPES, type StreamEvent } from "./types";

const RETRY_MIN_MS = 1_000;
const RETRY_MAX_MS = 30_000;

export interface StreamHooks {
  event: (event: StreamEvent) => void;
  /** `resumed` is false when events may have been missed, so that all that is shown must be fetched again. */
  open: (resumed: boolean) => void;
  lost: () => void;
}

export class Stream {
  private source: EventSource | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private wait = RETRY_MIN_MS;
  private closed = false;

  constructor(
    private readonly line: string,
    private readonly hooks: StreamHooks,
  ) {
    this.connect();
  }

  private connect() {
    const source = new EventSource(`/api/v1/events?line=${encodeURIComponent(this.line)}`);
    this.source = source;
    let opened = false;
    source.onopen = () => {
      this.wait = RETRY_MIN_MS;
      this.hooks.open(opened);
      opened = true;
    };
    source.onerror = () => {
      this.hooks.lost();
      if (source.readyState === EventSource.CLOSED && !this.closed) this.later();
    };
    for (const type of STREAM_EVENT_TYPES) {
      source.addEventListener(type, (message) => {
        const event = readEvent(type, (message as MessageEvent<string>).data);
        if (event) this.hooks.event(event);
      });
    }
  }

  private later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.connect(), this.wait);
    this.wait = Math.min(this.wait * 2, RETRY_MAX_MS);
  }

  close() {
    this.closed = true;
    clearTimeout(this.timer);
    this.source?.close();
  }
}

/** Data that cannot be read is dropped: a broken event must not stop the ones behind it. */
export function readEvent(type: StreamEvent["type"], data: string): StreamEvent | null {
  try {
    const body: unknown = JSON.parse(data || "{}");
    if (body === null || typeof body !== "object" || Array.isArray(body)) return null;
    return { ...body, type } as StreamEvent;
  } catch {
    return null;
  }
}
