/** The server's time, as a value that markup can depend on. */
import { serverNow } from "./api";

const TICK_MS = 10_000;

class Clock {
  now = $state(serverNow());
  start() {
    setInterval(() => this.tick(), TICK_MS);
    document.addEventListener("visibilitychange", () => this.tick());
  }
  tick() {
    this.now = serverNow();
  }
}
export const clock = new Clock();
