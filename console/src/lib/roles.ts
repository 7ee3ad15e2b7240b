/** Who may do what where, as an administrator sets it. Pure. */
import type { Role, UserRow } from "./types";

export type Grant = UserRow["roles"][number];

/** The administrator's role holds on every line; all others on one. */
export const isEverywhere = (role: Role) => role === "administrator";

const same = (a: Grant, b: Grant) => a.role === b.role && (isEverywhere(a.role) || a.line === b.line);

export const has = (grants: readonly Grant[], line: string | null, role: Role) => grants.some((grant) => same(grant, { line, role }));

/** The grants with one given or taken; those of lines that are not shown stay as they are. */
export function toggled(grants: readonly Grant[], line: string | null, role: Role): Grant[] {
  const wanted: Grant = { line: isEverywhere(role) ? null : line, role };
  return has(grants, line, role) ? grants.filter((grant) => !same(grant, wanted)) : [...grants, wanted];
}

/** Whether two lists grant the same, in whatever order. */
export function equal(a: readonly Grant[], b: readonly Grant[]): boolean {
  return a.length === b.length && a.every((grant) => has(b, grant.line, grant.role));
}
