/** Splits text between the characters that a reader sees (graphemes): a letter keeps its marks, an emoji its parts. */

const segmenter = typeof Intl.Segmenter === 'function' ? new Intl.Segmenter() : null; // Firefox has it since 125
const LETTER_WITH_MARKS = /\P{M}\p{M}*|\p{M}+/gu;

export function graphemes(text: string): string[] {
  if (segmenter) return Array.from(segmenter.segment(text), ({ segment }) => segment);
  return text.match(LETTER_WITH_MARKS) ?? [];
}

export function isOneGrapheme(text: string): boolean {
  return graphemes(text).length === 1;
}

const LONGEST = 64; // UTF-16 units of a grapheme that stays whole: some texts put hundreds of marks on a letter

/** The beginning of a text: whole graphemes, at most `units` UTF-16 units. */
export function firstOf(text: string, units: number): string {
  const window = text.slice(0, units + LONGEST);
  if (window.length <= units) return withoutHalf(window);
  const { from } = graphemeAt(window, units);
  return withoutHalf(text.slice(0, units - from < LONGEST && from > 0 ? from : units));
}

/** The end of a text, in the same way. */
export function lastOf(text: string, units: number): string {
  if (units === 0) return '';
  if (text.length <= units) return text;
  const start = text.length - units;
  const window = text.slice(Math.max(0, start - LONGEST));
  const at = window.length - units;
  const { from, to } = graphemeAt(window, at);
  const begin = from === at || to - at >= LONGEST || to === window.length ? at : to;
  return window.slice(begin).replace(/^[\uDC00-\uDFFF]+/, '');
}

/** The grapheme that contains the unit at `at`. */
function graphemeAt(text: string, at: number): { from: number; to: number } {
  if (segmenter) {
    const { index, segment } = segmenter.segment(text).containing(at)!;
    return { from: index, to: index + segment.length };
  }
  let to = 0;
  for (const grapheme of graphemes(text)) {
    to += grapheme.length;
    if (to > at) return { from: to - grapheme.length, to };
  }
  return { from: at, to: text.length };
}

function withoutHalf(text: string): string {
  return text.replace(/[\uD800-\uDBFF]+$/, '');
}
