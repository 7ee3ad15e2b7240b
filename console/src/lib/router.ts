/** Addresses of the console and what they mean. Ids only: an address never names a person. */
import { SOURCES, type Source } from "./flows/types";
import { type Line, type Role, type Session, type View, VIEWS } from "./types";

export const BASE = "/console";

export const SETTINGS_PAGES = ["health", "channels", "sendings", "prices", "audit", "users", "you"] as const;
export type SettingsPage = (typeof SETTINGS_PAGES)[number];

export const FLOWS_PAGES = ["list", "draft", "tests"] as const;
export type FlowsPage = (typeof FLOWS_PAGES)[number];
/** Where one is in the flows; the simulator with the flow that is talked to. */
export type FlowsAt = { page: FlowsPage } | { page: "simulator"; source: Source; flow: string | null };

export type Route =
  | { screen: "home" }
  | { screen: "inbox"; line: string; view: View; conversation: string | null }
  | { screen: "flows"; line: string; at: FlowsAt }
  | { screen: "settings"; line: string; page: SettingsPage }
  | { screen: "unknown" };

const isView = (word: string): word is View => (VIEWS as readonly string[]).includes(word);
const isSettingsPage = (word: string): word is SettingsPage =>
  (SETTINGS_PAGES as readonly string[]).includes(word);

const isFlowsPage = (word: string): word is FlowsPage => (FLOWS_PAGES as readonly string[]).includes(word);
const isSource = (word: string): word is Source => (SOURCES as readonly string[]).includes(word);

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function parse(pathname: string): Route {
  if (pathname !== BASE && !pathname.startsWith(`${BASE}/`)) return { screen: "unknown" };
  const parts = pathname.slice(BASE.length).split("/").filter(Boolean).map(decode);
  const [line, section, third, fourth, ...rest] = parts;
  if (line === undefined) return { screen: "home" };
  if (section === "flows" && rest.length <= 1) {
    if (third === "simulator") {
      const source = fourth ?? "published";
      return isSource(source) ? { screen: "flows", line, at: { page: "simulator", source, flow: rest[0] ?? null } } : { screen: "unknown" };
    }
    const page = third ?? "list";
    return fourth === undefined && isFlowsPage(page) ? { screen: "flows", line, at: { page } } : { screen: "unknown" };
  }
  if (rest.length > 0) return { screen: "unknown" };
  if (section === "inbox") {
    const view = third ?? "waiting";
    return isView(view) ? { screen: "inbox", line, view, conversation: fourth ?? null } : { screen: "unknown" };
  }
  if (section === "settings" && fourth === undefined) {
    const page = third ?? "you";
    return isSettingsPage(page) ? { screen: "settings", line, page } : { screen: "unknown" };
  }
  return { screen: "unknown" };
}

export function href(route: Route): string {
  const e = encodeURIComponent;
  switch (route.screen) {
    case "home":
    case "unknown":
      return `${BASE}/`;
    case "inbox": {
      const list = `${BASE}/${e(route.line)}/inbox/${route.view}`;
      return route.conversation === null ? list : `${list}/${e(route.conversation)}`;
    }
    case "flows": {
      const { at } = route;
      const flows = `${BASE}/${e(route.line)}/flows`;
      if (at.page === "list") return flows;
      if (at.page !== "simulator") return `${flows}/${at.page}`;
      return at.flow === null ? `${flows}/simulator/${at.source}` : `${flows}/simulator/${at.source}/${e(at.flow)}`;
    }
    case "settings":
      return `${BASE}/${e(route.line)}/settings/${route.page}`;
  }
}

/** Screens that a set of roles opens, in the order of the menu; what a role does not see is not in the menu. */
export type Place = "inbox" | "flows" | SettingsPage;
const SEEN_BY: Record<Place, readonly Role[] | "everyone"> = {
  inbox: ["agent", "line_manager", "protection_focal_point"],
  flows: ["flow_author", "administrator"],
  health: ["line_manager", "administrator"],
  channels: ["line_manager", "administrator"],
  sendings: ["line_manager", "administrator"],
  prices: ["administrator"],
  audit: ["data_protection_officer", "administrator"],
  users: ["administrator"],
  you: "everyone",
};

export function rolesOn(session: Session, line: Line): Set<Role> {
  const everywhere = session.roles ?? [];
  const elsewhere = session.lines.flatMap((l) => (l.roles.includes("administrator") ? ["administrator" as const] : []));
  return new Set<Role>([...everywhere, ...line.roles, ...elsewhere]);
}

export function places(roles: ReadonlySet<Role>): Place[] {
  return (Object.keys(SEEN_BY) as Place[]).filter((place) => {
    const seen = SEEN_BY[place];
    return seen === "everyone" || seen.some((role) => roles.has(role));
  });
}

/** The address of a place of the menu. */
export function routeTo(line: string, place: Place, view: View = "waiting"): Route {
  if (place === "inbox") return { screen: "inbox", line, view, conversation: null };
  return place === "flows" ? { screen: "flows", line, at: { page: "list" } } : { screen: "settings", line, page: place };
}

/** The first screen of a line for these roles; flows for authors only, others look after the line first. */
export function landing(line: Line, roles: ReadonlySet<Role>): Route {
  const first = places(roles).find((place) => place !== "flows" || roles.has("flow_author"));
  return routeTo(line.slug, first ?? "you", roles.has("agent") ? "waiting" : "all");
}

/** The first page of the settings for these roles. */
export function settingsOf(line: string, roles: ReadonlySet<Role>): Route {
  const page = places(roles).find((place) => (SETTINGS_PAGES as readonly string[]).includes(place));
  return routeTo(line, page ?? "you");
}
