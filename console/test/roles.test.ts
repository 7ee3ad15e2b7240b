import { describe, expect, it } from "vitest";
import { type Grant, equal, has, toggled } from "../src/lib/roles";

const agent: Grant = { line: "casa", role: "agent" };
const admin: Grant = { line: null, role: "administrator" };

describe("roles", () => {
  it("hold on one line, the administrator's on all", () => {
    expect(has([agent], "casa", "agent")).toBe(true);
    expect(has([agent], "other", "agent")).toBe(false);
    expect(has([admin], "casa", "administrator")).toBe(true);
    expect(has([{ line: "casa", role: "administrator" }], null, "administrator")).toBe(true);
  });
  it("are given and taken one at a time; other lines stay as they are", () => {
    const elsewhere: Grant = { line: "hidden", role: "line_manager" };
    const more = toggled([agent, elsewhere], "casa", "flow_author");
    expect(more).toEqual([agent, elsewhere, { line: "casa", role: "flow_author" }]);
    expect(toggled(more, "casa", "agent")).toEqual([elsewhere, { line: "casa", role: "flow_author" }]);
    expect(toggled([], "casa", "administrator")).toEqual([admin]);
    expect(toggled([admin], "casa", "administrator")).toEqual([]);
  });
  it("are the same in whatever order", () => {
    expect(equal([agent, admin], [admin, agent])).toBe(true);
    expect(equal([agent], [agent, admin])).toBe(false);
    expect(equal([agent], [{ line: "other", role: "agent" }])).toBe(false);
  });
});
