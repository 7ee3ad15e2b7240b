/** The current address, as state; links inside the console change it without a page load. */
import { BASE, type Route, href, parse } from "./router";

class Navigation {
  route = $state.raw<Route>(parse(location.pathname));

  start() {
    addEventListener("popstate", () => {
      this.route = parse(location.pathname);
    });
    document.addEventListener("click", (event) => this.follow(event));
  }
  go(route: Route, options: { replace?: boolean } = {}) {
    const address = href(route);
    if (address !== location.pathname) {
      if (options.replace) history.replaceState(null, "", address);
      else history.pushState(null, "", address);
    }
    this.route = route;
  }
  private follow(event: MouseEvent) {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element | null)?.closest("a");
    if (!link || link.target || link.origin !== location.origin || link.hasAttribute("download")) return;
    if (link.pathname !== BASE && !link.pathname.startsWith(`${BASE}/`)) return;
    if (link.hash) return;
    event.preventDefault();
    this.go(parse(link.pathname));
  }
}
export const navigation = new Navigation();
