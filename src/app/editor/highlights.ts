/**
 * Colours behind text by the CSS Custom Highlight API: they are painted over the page as it is, where an element for every
 * token would have a long paragraph shaped and laid out anew with every key. A colour gets its name and its rule when
 * it first comes.
 */

const highlights = new Map<string, Highlight>();

/** Whether this browser can (Chromium 105, Safari 17.2, Firefox 140); where not, `highlight` does nothing. */
export const canHighlight = typeof Highlight === 'function';

/** Puts each colour behind its ranges, and takes away all that stood before. */
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
