/** Who is signed in, and whether the server can be reached. */
import { NoConnection, Problem, configure, session, setCsrf } from "./api";
import type { Session } from "./types";

class Account {
  session = $state.raw<Session | null>(null);
  loaded = $state(false);
  /** True when a session ended while somebody was at work. */
  ended = $state(false);
  /** The last request or the event stream failed to reach the server. */
  offline = $state(false);
  startFailure = $state.raw<unknown>(null);

  async start() {
    configure({
      signedOut: () => {
        if (this.session) this.ended = true;
        this.session = null;
      },
      reach: (reached) => {
        this.offline = !reached;
      },
    });
    addEventListener("offline", () => {
      this.offline = true;
    });
    addEventListener("online", () => {
      this.offline = false;
    });
    await this.load();
  }
  async load() {
    this.startFailure = null;
    try {
      this.accept(await session.get());
    } catch (error) {
      if (!(error instanceof Problem && error.status === 401)) this.startFailure = error;
      if (error instanceof NoConnection) this.offline = true;
    } finally {
      this.loaded = true;
    }
  }
  accept(given: Session) {
    setCsrf(given.csrf);
    this.session = given;
    this.ended = false;
    this.startFailure = null;
  }
  /** Says whether conversations may be given to whoever is signed in. */
  async setAvailable(available: boolean) {
    this.accept(await session.available(available));
  }
  async signOut() {
    await session.signOut();
    this.session = null;
    this.ended = false;
    setCsrf("");
  }
}
export const account = new Account();
