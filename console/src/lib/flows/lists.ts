/** What the lists of flows, problems, reports and tests show. Pure. */
import type { Change, DraftLine, FlowLine, FlowProblem, Item, Overview, TestRun, Trouble } from "./types";

const folded = (text: string) => text.toLocaleLowerCase();

/** Flows whose name has these words, by name. */
export function found<F extends FlowLine>(flows: readonly F[], words: string): F[] {
  const wanted = folded(words.trim());
  return flows.filter((flow) => folded(flow.name).includes(wanted)).sort((a, b) => a.name.localeCompare(b.name));
}

/** All languages that a flow speaks, its own first. */
export const languagesOf = (flow: FlowLine): string[] => [...new Set([flow.language, ...flow.languages])].filter((code) => code !== "");

/** Stopped flows first, then the newest trouble. */
export function byLoudness(trouble: readonly Trouble[]): Trouble[] {
  return [...trouble].sort((a, b) => Number(b.stopped) - Number(a.stopped) || Date.parse(b.last_at) - Date.parse(a.last_at));
}

export function countChanges(flows: readonly DraftLine[]): Record<Change, number> {
  const counts: Record<Change, number> = { new: 0, changed: 0, same: 0 };
  for (const flow of flows) counts[flow.change] += 1;
  return counts;
}

export const errorsOf = (problems: readonly FlowProblem[]) => problems.filter((problem) => problem.severity === "error");

export interface ProblemsOfFlow {
  uuid: string;
  /** Null: the problem is not of one flow. */
  name: string | null;
  problems: FlowProblem[];
}
/** Problems by flow; flows with errors first, and errors first in each. */
export function byFlow(problems: readonly FlowProblem[]): ProblemsOfFlow[] {
  const groups = new Map<string, ProblemsOfFlow>();
  for (const problem of problems) {
    const uuid = problem.flow?.uuid ?? "";
    const group = groups.get(uuid) ?? { uuid, name: problem.flow?.name ?? null, problems: [] };
    group.problems.push(problem);
    groups.set(uuid, group);
  }
  const weight = (problem: FlowProblem) => (problem.severity === "error" ? 0 : 1);
  const worst = (group: ProblemsOfFlow) => Math.min(...group.problems.map(weight));
  const list = [...groups.values()];
  for (const group of list) group.problems.sort((a, b) => weight(a) - weight(b));
  return list.sort((a, b) => worst(a) - worst(b) || (a.name ?? "").localeCompare(b.name ?? ""));
}

/** Kinds of a part of the report with how many of each, the most first. */
export function kindsOf(items: readonly Item[]): { kind: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const { kind } of items) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].map(([kind, count]) => ({ kind, count })).sort((a, b) => b.count - a.count || a.kind.localeCompare(b.kind));
}
export const ofKind = (items: readonly Item[], kind: string | null) => (kind === null ? items : items.filter((item) => item.kind === kind));

/** Slug -> green or red, by the last run; what was not played is absent. */
export const lampsOf = (run: TestRun | null) => new Map(run?.conversations.map((result) => [result.slug, result]) ?? []);

/** Whether publishing is worth trying: an error of a check always blocks it. */
export function mayPublish(overview: Overview): boolean {
  return overview.draft !== null && errorsOf(overview.draft.problems).length === 0;
}

/** Something expected or come, as lines of text. */
export function linesOf(value: unknown): string[] {
  if (value === null || value === undefined || value === "") return [];
  if (typeof value === "string") return value.split("\n");
  if (Array.isArray(value)) return value.flatMap(linesOf);
  return JSON.stringify(value, null, 1).split("\n");
}

/** A file name as the end of an address: Latin letters, digits and dashes. */
export function slugOf(name: string): string {
  const plain = name.replace(/\.json$/i, "").normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  return plain.replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 60) || "conversation";
}
