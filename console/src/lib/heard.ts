/** What a fetch that is under way may not know yet. */

/** More than this told during one fetch is not kept: it is fetched again. */
const HEARD_MAX = 500;

/**
 * Keeps what the stream tells while an answer is under way. The server may have read before it happened, so it is
 * told again behind the answer; telling a thing twice changes nothing, and what came later is still to come.
 */
export class Heard<E> {
  private events: E[] = [];
  private listening = false;
  private tooMany = false;

  /** A fetch begins; what was heard before it, the server knows. */
  begin() {
    this.events = [];
    this.listening = true;
    this.tooMany = false;
  }

  note(event: E) {
    if (!this.listening) return;
    if (this.events.length < HEARD_MAX) this.events.push(event);
    else this.tooMany = true;
  }

  /** The answer is there: what to tell again, or `null` when that is too much and all has to be fetched anew. */
  end(): E[] | null {
    const heard = this.tooMany ? null : this.events;
    this.events = [];
    this.listening = false;
    return heard;
  }
}
