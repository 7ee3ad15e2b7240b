/** A table that the server gives page by page. */
import type { Page } from "./types";

export class Pages<T> {
  items = $state.raw<T[]>([]);
  next = $state<string | null>(null);
  loading = $state(false);
  loaded = $state(false);
  failure = $state.raw<unknown>(null);

  constructor(private readonly read: (after: string | null) => Promise<Page<T>>) {}

  async load(): Promise<void> {
    await this.fetch(null);
  }
  async more(): Promise<void> {
    if (this.next !== null) await this.fetch(this.next);
  }
  private async fetch(after: string | null) {
    if (this.loading) return;
    this.loading = true;
    this.failure = null;
    try {
      const page = await this.read(after);
      this.items = after === null ? page.items : [...this.items, ...page.items];
      this.next = page.next;
      this.loaded = true;
    } catch (error) {
      this.failure = error;
    } finally {
      this.loading = false;
    }
  }
}
