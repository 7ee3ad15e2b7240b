/** The one short notice at the foot of the screen: what was done, and for ten seconds how to take it back. */
const UNDO_MS = 10_000;
const PLAIN_MS = 6_000;

export interface Notice {
  text: string;
  urgent: boolean;
  undo: (() => void) | null;
}

class Notices {
  current = $state.raw<Notice | null>(null);
  private timer: ReturnType<typeof setTimeout> | undefined;

  private show(notice: Notice, ms: number) {
    clearTimeout(this.timer);
    this.current = notice;
    this.timer = setTimeout(() => this.clear(), ms);
  }
  done(text: string, undo: (() => void) | null = null) {
    this.show({ text, urgent: false, undo }, undo ? UNDO_MS : PLAIN_MS);
  }
  failed(text: string) {
    this.show({ text, urgent: true, undo: null }, UNDO_MS);
  }
  undo() {
    const undo = this.current?.undo;
    this.clear();
    undo?.();
  }
  clear() {
    clearTimeout(this.timer);
    this.current = null;
  }
}
export const notices = new Notices();
