import { describe, expect, it } from "vitest";
import { type Route, href, landing, parse, places, rolesOn } from "../src/lib/router";
import type { Line, Role, Session } from "../src/lib/types";

const line = (roles: Role[]): Line => ({ id: "l", slug: "casa", name: "Casa", languages: ["spa"], roles, emergency_number: null });

describe("addresses", () => {
  const routes: Route[] = [
    { screen: "home" },
    { screen: "inbox", line: "casa", view: "urgent", conversation: null },
    { screen: "inbox", line: "línea 2", view: "mine", conversation: "0197-aa" },
    { screen: "settings", line: "casa", page: "audit" },
    { screen: "flows", line: "casa", at: { page: "list" } },
    { screen: "flows", line: "casa", at: { page: "draft" } },
    { screen: "flows", line: "casa", at: { page: "simulator", source: "draft", flow: null } },
    { screen: "flows", line: "casa", at: { page: "simulator", source: "published", flow: "0197-aa" } },
  ];
  it.each(routes)("come back as they were: %j", (route) => {
    expect(parse(new URL(href(route), "http://h").pathname)).toEqual(route);
  });
  it("have short forms", () => {
    expect(parse("/console")).toEqual({ screen: "home" });
    expect(parse("/console/casa/inbox")).toEqual({ screen: "inbox", line: "casa", view: "waiting", conversation: null });
    expect(parse("/console/casa/settings/")).toEqual({ screen: "settings", line: "casa", page: "you" });
  });
  it.each(["/", "/consoles/x", "/console/casa", "/console/casa/inbox/some", "/console/casa/inbox/all/1/2", "/console/casa/settings/x", "/console/casa/flows/x", "/console/casa/flows/draft/1", "/console/casa/flows/simulator/other", "/console/casa/flows/simulator/draft/1/2", "/console/%E0%A4%A/cash"])(
    "may mean nothing: %s",
    (path) => expect(parse(path)).toEqual({ screen: "unknown" }),
  );
});

describe("what a role sees", () => {
  const seen = (...roles: Role[]) => places(new Set(roles)).join(" ");
  it("is the menu, and nothing else is in it", () => {
    expect(seen("agent")).toBe("inbox you");
    expect(seen("protection_focal_point")).toBe("inbox you");
    expect(seen("line_manager")).toBe("inbox health channels sendings you");
    expect(seen("data_protection_officer")).toBe("audit you");
    expect(seen("administrator")).toBe("flows health channels sendings prices audit users you");
    expect(seen("flow_author")).toBe("flows you");
  });
  it("decides the first screen", () => {
    expect(landing(line(["agent"]), new Set(["agent"]))).toMatchObject({ screen: "inbox", view: "waiting" });
    expect(landing(line([]), new Set(["administrator"]))).toMatchObject({ screen: "settings", page: "health" });
    expect(landing(line(["flow_author"]), new Set(["flow_author"]))).toMatchObject({ screen: "flows", at: { page: "list" } });
    expect(landing(line([]), new Set())).toMatchObject({ screen: "settings", page: "you" });
  });
  it("joins the roles of the line with those that hold everywhere", () => {
    const session: Session = { user: { id: "u", name: "", email: "" }, csrf: "", lines: [line(["agent"])], roles: ["administrator"] };
    expect([...rolesOn(session, line(["agent"]))].sort()).toEqual(["administrator", "agent"]);
    const { roles: _, ...plain } = session;
    expect([...rolesOn(plain, line(["agent"]))]).toEqual(["agent"]);
  });
});
