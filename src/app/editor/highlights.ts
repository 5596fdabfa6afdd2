/**
 * Background colours of text by the CSS Custom Highlight API. Highlights do not change the layout; an element per token
 * would make the browser shape and lay out a long paragraph at every key. Each colour is registered at its first use.
 */

const highlights = new Map<string, Highlight>();

/** Whether the browser supports highlights (Chromium 105, Safari 17.2, Firefox 140). If not, `highlight` does nothing. */
export const canHighlight = typeof Highlight === 'function';

/** Highlights the ranges of each colour, and removes all previous highlights. */
export function highlight(ranges: ReadonlyMap<string, readonly StaticRange[]>): void {
  if (!canHighlight) return;
  for (const [colour, shown] of highlights) if (!ranges.has(colour)) shown.clear();
  for (const [colour, places] of ranges) {
    const shown = highlights.get(colour) ?? register(colour);
    shown.clear();
    for (const place of places) shown.add(place);
  }
}

function register(colour: string): Highlight {
  const name = `tint-${highlights.size}`;
  const added = new Highlight();
  const rule = new CSSStyleSheet();
  rule.replaceSync(`::highlight(${name}) { background-color: ${colour} }`);
  document.adoptedStyleSheets.push(rule);
  CSS.highlights.set(name, added);
  highlights.set(colour, added);
  return added;
}
