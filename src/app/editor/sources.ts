import {
  EditorSelection,
  RangeSetBuilder,
  type SelectionRange,
  StateEffect,
  StateField,
} from '@codemirror/state';
import {
  Decoration,
  type DecorationSet,
  Direction,
  type EditorView,
  type LayerMarker,
  layer,
  RectangleMarker,
  ViewPlugin,
  type ViewUpdate,
} from '@codemirror/view';
import { heading } from '../store/document/article';
import type { WrittenRange } from '../store/document/text-value';
import { PlacedWords } from './placed-words';

/**
 * Marks the text that models wrote in three ways: a bar in the margin beside every line with such text, hollow for another
 * model than the current one, an underline of the first word and a small bracket after the last one at a border with typed
 * text within a line, and <ins> for screen readers. The bar is darker beside the part that Regenerate would replace. Beside an example, notes explain the bar.
 */

export const setSampled = StateEffect.define<readonly WrittenRange[]>();

/** Where the last generation begins, if it can be repeated. */
export const setRepeatable = StateEffect.define<number | null>();

const sampled = StateField.define<readonly WrittenRange[]>({
  create: () => [],
  update(spans, transaction) {
    for (const effect of transaction.effects) if (effect.is(setSampled)) return effect.value;
    // The spans are stale now. The document sends new ones within the same update.
    return transaction.docChanged ? [] : spans;
  },
});

const repeatable = StateField.define<number | null>({
  create: () => null,
  update(from, transaction) {
    for (const effect of transaction.effects) if (effect.is(setRepeatable)) return effect.value;
    return transaction.docChanged ? null : from;
  },
});

const insertion = Decoration.mark({ tagName: 'ins', class: 'sampled' });

const insertions = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;

    constructor(view: EditorView) {
      this.decorations = markVisible(view);
    }

    update(update: ViewUpdate) {
      if (changed(update) || update.viewportChanged) this.decorations = markVisible(update.view);
    }
  },
  { decorations: (plugin) => plugin.decorations },
);

function markVisible(view: EditorView): DecorationSet {
  const builder = new RangeSetBuilder<Decoration>();
  for (const { from, to } of visibleSpans(view)) builder.add(from, to, insertion);
  return builder.finish();
}

const UNDERLINE = 'sampled-first'; // class
const BAR_OFFSET = 20; // px left of the text
const BRACKET = 4;

/** A marker of a class at coordinates of the window, to the right edge without a width. */
type Place = (name: string, left: number, top: number, width: number | null, bottom: number) => LayerMarker;

const margin = layer({
  above: false,
  class: 'sampled-layer',
  update: (update) => changed(update) || update.viewportChanged || update.geometryChanged,
  markers(view) {
    const scroller = view.scrollDOM.getBoundingClientRect();
    const text = view.contentDOM.getBoundingClientRect();
    const place: Place = (name, left, top, width, bottom) =>
      new RectangleMarker(name, left - scroller.left, top - scroller.top, width, bottom - top);
    const markers: LayerMarker[] = [];
    const last = view.state.field(repeatable);
    for (const { from, to, isForeign, opens, closes } of visibleSpans(view)) {
      const start = view.coordsAtPos(from, 1);
      const end = view.coordsAtPos(to, -1);
      if (!start || !end) continue;
      const bar = isForeign ? 'sampled-bar foreign' : 'sampled-bar';
      markers.push(place(bar, text.left - BAR_OFFSET, start.top, null, end.bottom));
      const again = last !== null && to > last ? view.coordsAtPos(Math.max(from, last), 1) : null;
      if (again) markers.push(place('sampled-last', text.left - BAR_OFFSET, again.top, null, end.bottom));
      const word = opens ? firstWord(view, from, to) : null;
      if (word) markers.push(...underline(view, word, place));
      if (!closes) continue;
      const isLeft = view.textDirectionAt(to) === Direction.RTL;
      const { left, top, bottom } = end;
      markers.push(
        isLeft
          ? place('sampled-left', left - 1, top, BRACKET, bottom)
          : place('sampled-right', left - BRACKET + 1, top, BRACKET, bottom),
      );
    }
    return markers;
  },
});

/** Words in the margin. The style sheet shows them beside an example, in a wide window. */
const notes = layer({
  above: false,
  class: 'notes-layer',
  update: (update) => changed(update) || update.viewportChanged || update.geometryChanged,
  markers(view) {
    const scroller = view.scrollDOM.getBoundingClientRect();
    const left = view.contentDOM.getBoundingClientRect().left - scroller.left - BAR_OFFSET - NOTE_GAP;
    const beside = (at: number, words: string): LayerMarker[] => {
      const line = view.coordsAtPos(at, 1);
      return line ? [new PlacedWords('margin-note', words, left, line.top - scroller.top)] : [];
    };
    const [written] = view.state.field(sampled);
    if (!written) return [];
    const typed = firstParagraph(view.state.sliceDoc(0, Math.min(written.from, NEAR)));
    return [
      ...(typed === null ? [] : beside(typed, 'Typed by a person')),
      ...beside(written.from, 'The model wrote this'),
    ];
  },
});

const NOTE_GAP = 10; // px between a note and the bar
const NEAR = 2000; // characters; a note further down would be out of sight

/** Offset of the first line that is neither blank nor a heading. */
function firstParagraph(text: string): number | null {
  let at = 0;
  for (const line of text.split('\n')) {
    if (line && !heading(line)) return at;
    at += line.length + 1;
  }
  return null;
}

const LONGEST = 100; // characters of the first word

function firstWord(view: EditorView, from: number, to: number): SelectionRange | null {
  const text = view.state.sliceDoc(from, Math.min(to, from + LONGEST));
  const [, space, word] = /^([^\S\n]*)(\S*)/.exec(text)!;
  const start = from + space.length;
  return word ? EditorSelection.range(start, start + word.length) : null;
}

/** Underlines a word. CodeMirror's rectangles search the line for its wraps, so they are only for a word with a wrap. */
function underline(view: EditorView, word: SelectionRange, place: Place): readonly LayerMarker[] {
  const start = view.coordsAtPos(word.from, 1);
  const end = view.coordsAtPos(word.to, -1);
  if (!start || !end || start.top !== end.top) return RectangleMarker.forRange(view, UNDERLINE, word);
  const [left, right] = start.left < end.right ? [start.left, end.right] : [end.left, start.right];
  return [place(UNDERLINE, left, start.top, right - left, start.bottom)];
}

function changed(update: ViewUpdate): boolean {
  const { docChanged, startState, state } = update;
  return (
    docChanged ||
    startState.field(sampled) !== state.field(sampled) ||
    startState.field(repeatable) !== state.field(repeatable)
  );
}

/** The visible sampled spans, and whether each begins or ends beside typed text of the same line. */
function visibleSpans(view: EditorView): (WrittenRange & { opens: boolean; closes: boolean })[] {
  const { doc } = view.state;
  const all = view.state.field(sampled);
  const spans = [];
  for (const visible of view.visibleRanges)
    for (const [n, span] of all.entries()) {
      const from = Math.max(span.from, visible.from);
      const to = Math.min(span.to, visible.to);
      if (from >= to) continue;
      const opens = from === span.from && from > doc.lineAt(from).from;
      const closes = to === span.to && to < doc.lineAt(to).to && all[n + 1]?.from !== to;
      spans.push({ ...span, from, to, opens, closes });
    }
  return spans;
}

export const sources = [sampled, repeatable, insertions, margin, notes];
