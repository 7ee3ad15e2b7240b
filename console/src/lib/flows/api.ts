/** The flows' part of the HTTP contract. */
import { Problem, type Progress, request, send } from "../api";
import type * as F from "./types";

/** All saved conversations are played in one request; on a small machine that takes longer than a look. */
const TEST_TIMEOUT_MS = 180_000;
/** Largest export that the server takes, in bytes. */
export const MAX_EXPORT_BYTES = 16 * 1024 * 1024;

export interface FlowsApi {
  overview(): Promise<F.Overview>;
  upload(file: File, progress: Progress, signal: AbortSignal): Promise<F.Draft>;
  discard(): Promise<void>;
  publish(version: number): Promise<{ version: number }>;
  test(source: F.Source): Promise<F.TestRun>;
  outlook(): Promise<F.ChannelOutlook[]>;
  simulate(talk: F.SimulateRequest): Promise<F.Talk>;
  saved(): Promise<F.SavedLine[]>;
  keep(talk: F.SimulateRequest, name: string): Promise<F.Kept>;
  put(slug: string, conversation: unknown): Promise<void>;
  remove(slug: string): Promise<void>;
}

export function flowsApi(line: string): FlowsApi {
  const base = `/lines/${line}/flows`;
  const conversations = `${base}/conversations`;
  const slow = { timeoutMs: TEST_TIMEOUT_MS };
  const e = encodeURIComponent;
  return {
    overview: () => request("GET", base),
    upload: (file, progress, signal) => send(`${base}/draft?file=${e(file.name)}`, file, progress, signal),
    discard: () => request("DELETE", `${base}/draft`),
    publish: (version) => request("POST", `${base}/draft/publish`, { version }, slow),
    test: (source) => request("POST", `${base}/${source}/test`, {}, slow),
    outlook: () => request("GET", `${base}/draft/outlook`, undefined, slow),
    simulate: (talk) => request("POST", `${base}/simulate`, talk),
    saved: () => request("GET", conversations),
    keep: (simulation, name) => request("POST", `${conversations}/from-simulation`, { name, simulation }),
    put: (slug, conversation) => request("PUT", `${conversations}/${e(slug)}`, conversation),
    remove: (slug) => request("DELETE", `${conversations}/${e(slug)}`),
  };
}

/** Why the server refused to publish. */
export type Blocked =
  | { why: "red-tests"; tests: F.TestRun }
  | { why: "errors"; problems: F.FlowProblem[] }
  | { why: "changed-meanwhile" };

/** Reads a refusal of publishing; null for any other failure. */
export function blockedBy(error: unknown): Blocked | null {
  if (!(error instanceof Problem) || error.status !== 409) return null;
  switch (error.kind) {
    case "red-tests":
      return { why: "red-tests", tests: error.body.tests as F.TestRun };
    case "errors":
      return { why: "errors", problems: (error.body.problems as F.FlowProblem[] | undefined) ?? [] };
    case "changed-meanwhile":
      return { why: "changed-meanwhile" };
    default:
      return null;
  }
}
