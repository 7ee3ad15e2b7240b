/** Panels that lie over the rest of the screen where it is narrow. */

/** From this width on the menu and the person stand beside the rest and cover nothing. */
const WIDE = "(min-width: 68.75rem)";

/**
 * Makes everything beside `panel` unreachable while the panel lies over it, so that the focus cannot
 * go where it would not be seen. `onwide` is called when the window grows wide. Returns the way back.
 */
export function layOver(panel: HTMLElement, onwide: () => void): () => void {
  const wide = matchMedia(WIDE);
  const others = [...(panel.parentElement?.children ?? [])].filter((other) => other !== panel) as HTMLElement[];
  for (const other of others) other.inert = true;
  wide.addEventListener("change", onwide);
  if (wide.matches) onwide();
  return () => {
    wide.removeEventListener("change", onwide);
    for (const other of others) other.inert = false;
  };
}
