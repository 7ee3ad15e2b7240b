/** Talks to the server: JSON in and out, the CSRF header on every write, and failures as one type. */
import type * as T from "./types";

/** A request that is not answered within this many milliseconds counts as no connection. */
const REQUEST_TIMEOUT_MS = 30_000;
/** Clocks closer than this are taken as equal; the `Date` header has a resolution of one second. */
const CLOCK_TOLERANCE_MS = 5_000;

/** A refusal in the server's words (`application/problem+json`). */
export class Problem extends Error {
  readonly status: number;
  /** Last segment of the problem's type, for instance `thread-moved-on`. */
  readonly kind: string;
  readonly field: string | null;
  /** Seconds to wait before another try, from `Retry-After`. */
  readonly retryAfter: number | null;
  readonly body: Record<string, unknown>;

  constructor(status: number, body: Record<string, unknown>, retryAfter: number | null) {
    super(String(body.detail ?? body.title ?? `HTTP ${status}`));
    this.status = status;
    this.kind = String(body.type ?? "").split(/[/:#]/).pop() ?? "";
    this.field = typeof body.field === "string" ? body.field : null;
    this.retryAfter = retryAfter;
    this.body = body;
  }
}

/** The request did not reach the server, or its answer did not reach us. */
export class NoConnection extends Error {}

/** The person at this console stopped it; nothing to say about it. */
export class Stopped extends Error {}

let csrf = "";
let onSignedOut: () => void = () => {};
let onReach: (reached: boolean) => void = () => {};
/** Milliseconds that the server's clock is ahead of this computer's. */
let skew = 0;

export function configure(hooks: { signedOut: () => void; reach: (reached: boolean) => void }) {
  onSignedOut = hooks.signedOut;
  onReach = hooks.reach;
}
export function setCsrf(token: string) {
  csrf = token;
}
export function serverNow(): number {
  return Date.now() + skew;
}

function learnClock(response: Response) {
  const said = Date.parse(response.headers.get("date") ?? "");
  if (Number.isNaN(said)) return;
  const off = said - Date.now();
  skew = Math.abs(off) > CLOCK_TOLERANCE_MS ? off : 0;
}

function problemOf(status: number, text: string, retryAfter: string | null): Problem {
  let body: unknown = null;
  try {
    body = JSON.parse(text);
  } catch {
    // A proxy's own page: the status says enough.
  }
  const wait = Number(retryAfter);
  return new Problem(
    status,
    body && typeof body === "object" ? (body as Record<string, unknown>) : {},
    Number.isFinite(wait) && wait > 0 ? wait : null,
  );
}

export async function request<R>(
  method: string,
  path: string,
  body?: unknown,
  { timeoutMs = REQUEST_TIMEOUT_MS }: { timeoutMs?: number } = {},
): Promise<R> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET") headers["X-CSRF-Token"] = csrf;
  let response: Response;
  try {
    response = await fetch(`/api/v1${path}`, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      credentials: "same-origin",
      cache: "no-store",
      signal: AbortSignal.timeout(timeoutMs),
    });
  } catch {
    onReach(false);
    throw new NoConnection();
  }
  onReach(true);
  learnClock(response);
  if (!response.ok) {
    if (response.status === 401 && path !== "/session") onSignedOut();
    throw problemOf(response.status, await response.text().catch(() => ""), response.headers.get("retry-after"));
  }
  const text = await response.text();
  return (text === "" ? undefined : JSON.parse(text)) as R;
}

/** How much of a file has left: bytes sent and bytes in all. */
export type Progress = (sent: number, total: number) => void;
/** An upload of which nothing moves for this many milliseconds has lost its connection. */
const STALL_MS = 60_000;

/**
 * Sends a file as it is and tells how far it is; `fetch` cannot. The answer may take as long as the
 * server needs to read the file, up to the time of a stall.
 */
export function send<R>(
  path: string,
  file: Blob,
  progress: Progress,
  signal: AbortSignal,
  more: Record<string, string> = { "Content-Type": "application/json" },
): Promise<R> {
  return new Promise<R>((resolve, reject) => {
    const call = new XMLHttpRequest();
    let stalled: ReturnType<typeof setTimeout>;
    const moved = () => {
      clearTimeout(stalled);
      stalled = setTimeout(() => call.abort(), STALL_MS);
    };
    const stop = () => call.abort();
    call.open("POST", `/api/v1${path}`);
    call.setRequestHeader("Accept", "application/json");
    for (const [name, value] of Object.entries(more)) call.setRequestHeader(name, value);
    call.setRequestHeader("X-CSRF-Token", csrf);
    call.upload.onprogress = (event) => {
      moved();
      progress(event.loaded, event.lengthComputable ? event.total : file.size);
    };
    call.onload = () => {
      onReach(true);
      if (call.status === 401) onSignedOut();
      if (call.status < 200 || call.status >= 300) {
        return reject(problemOf(call.status, call.responseText, call.getResponseHeader("retry-after")));
      }
      try {
        resolve(JSON.parse(call.responseText) as R);
      } catch (error) {
        reject(error);
      }
    };
    call.onerror = () => {
      onReach(false);
      reject(new NoConnection());
    };
    call.onabort = () => reject(signal.aborted ? new Stopped() : new NoConnection());
    call.onloadend = () => {
      clearTimeout(stalled);
      signal.removeEventListener("abort", stop);
    };
    signal.addEventListener("abort", stop);
    moved();
    call.send(file);
  });
}

const get = <R>(path: string) => request<R>("GET", path);
const post = <R>(path: string, body: unknown = {}) => request<R>("POST", path, body);
const query = (values: Record<string, string | number | null | undefined>) => {
  const q = new URLSearchParams();
  for (const [key, value] of Object.entries(values)) if (value != null) q.set(key, String(value));
  const text = q.toString();
  return text ? `?${text}` : "";
};

export const session = {
  get: () => get<T.Session>("/session"),
  signIn: (email: string, password: string) => post<T.Session>("/session", { email, password }),
  available: (available: boolean) => request<T.Session>("PUT", "/session/available", { available }),
  signOut: () => request<void>("DELETE", "/session"),
};

/** Everything under one line. */
export class LineApi {
  private readonly base: string;
  constructor(readonly line: string) {
    this.base = `/lines/${line}`;
  }
  counts = () => get<T.Counts>(`${this.base}/counts`);
  conversations = (view: T.View, after?: string | null) =>
    get<T.Page<T.ConversationRow>>(`${this.base}/conversations${query({ view, limit: 50, after })}`);
  conversation = (id: string) => get<T.Conversation>(`${this.base}/conversations/${id}`);
  entries = (id: string, before?: string | null) =>
    get<T.EntryPage>(`${this.base}/conversations/${id}/messages${query({ before })}`);

  private verb = <R = T.Conversation>(id: string, verb: string, body: unknown = {}) =>
    post<R>(`${this.base}/conversations/${id}/${verb}`, body);
  take = (id: string) => this.verb(id, "take");
  assign = (id: string, user: string | null) => this.verb(id, "assign", { user });
  close = (id: string) => this.verb(id, "close");
  reopen = (id: string) => this.verb(id, "reopen");
  snooze = (id: string, until: string | null) => this.verb(id, "snooze", { until });
  topic = (id: string, topic: string) => this.verb(id, "topic", { topic });
  refer = (id: string, kind: string, note: string) => this.verb<void>(id, "refer", { kind, note });
  reply = (id: string, text: string, expected_last_id: string | null, client_id: string, files: T.FileOfReply[] = []) =>
    this.verb<T.Entry>(id, "reply", { text, expected_last_id, client_id, files });
  preview = (id: string, text: string, files: T.FileOfReply[] = []) => this.verb<T.ReplyPreview>(id, "preview", { text, files });
  /** Brings a file for the next reply; its name is for staff only, and no part of the address. */
  bring = (id: string, file: File, progress: Progress, signal: AbortSignal) =>
    send<T.Brought>(`${this.base}/conversations/${id}/files`, file, progress, signal, {
      "Content-Type": "application/octet-stream",
      "X-File-Name": encodeURIComponent(file.name),
    });
  takeBack = (id: string, file: string) => request<void>("DELETE", `${this.base}/conversations/${id}/files/${file}`);
  fetchAgain = (id: string, media: string) => this.verb<void>(id, `media/${media}/retry`);
  note = (id: string, text: string, client_id: string) => this.verb<T.Entry>(id, "note", { text, client_id });
  reveal = (id: string, identity: string, reason: string) =>
    this.verb<{ value: string; until: string }>(id, "reveal", { identity, reason });
  presence = (id: string, doing: "reading" | "writing" | "away") => this.verb<void>(id, "presence", { doing });
  draft = (id: string, text: string) =>
    request<void>("PUT", `${this.base}/conversations/${id}/draft`, { text });

  team = () => get<T.TeamMember[]>(`${this.base}/team`);
  topics = () => get<T.Topic[]>(`${this.base}/topics`);
  savedReplies = () => get<T.SavedReply[]>(`${this.base}/saved-replies`);

  sendings = () => get<T.Sendings>(`${this.base}/sendings`);
  sending = (id: string, verb: "pause" | "resume") => post<void>(`${this.base}/sendings/${id}/${verb}`);
  health = () => get<T.Health>(`${this.base}/health`);
  setAside = (after?: string | null) => get<T.Page<T.SetAside>>(`${this.base}/set-aside${query({ after })}`);
  replay = (id: string) => post<void>(`${this.base}/set-aside/${id}/replay`);
  discard = (id: string) => post<void>(`${this.base}/set-aside/${id}/discard`);
  audit = (after?: string | null) => get<T.Page<T.AuditLine>>(`${this.base}/audit${query({ after })}`);
}

export const tariffs = {
  get: () => get<T.TariffTable>("/tariffs"),
  put: (rows: T.TariffRow[], version: string) => request<T.TariffTable>("PUT", "/tariffs", { rows, version }),
};

export const users = {
  list: () => get<T.UserRow[] | T.Page<T.UserRow>>("/users"),
  add: (user: { name: string; email: string; password: string; roles: T.UserRow["roles"] }) =>
    post<T.UserRow>("/users", user),
  change: (id: string, change: Partial<Pick<T.UserRow, "name" | "active" | "roles">> & { password?: string }) =>
    request<T.UserRow>("PATCH", `/users/${id}`, change),
};
