import { RangeSetBuilder, StateEffect, StateField } from '@codemirror/state';
import { Decoration, type DecorationSet, EditorView, ViewPlugin, type ViewUpdate } from '@codemirror/view';
import type { Token, TokenIndex } from '../../model/token-index';

/** What is painted: the background of tokens, and frames around the two that are looked at. */
export interface Tint {
  readonly index: TokenIndex;
  /** A CSS colour, or null for none. Asked for tokens in sight alone. */
  colour(token: Token): string | null;
  readonly hovered: number | null;
  readonly chosen: number | null;
}

/** Null takes the paint away, and with it all that it costs. */
export const setTint = StateEffect.define<Tint | null>();

const current = StateField.define<Tint | null>({
  create: () => null,
  update(tint, transaction) {
    for (const effect of transaction.effects) if (effect.is(setTint)) return effect.value;
    return transaction.docChanged ? null : tint; // places have moved: the document's own answer follows at once
  },
});

const painter = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;

    constructor(view: EditorView) {
      this.decorations = paint(view);
    }

    update(update: ViewUpdate) {
      const changed = update.startState.field(current) !== update.state.field(current);
      if (changed || update.docChanged || update.viewportChanged) this.decorations = paint(update.view);
    }
  },
  { decorations: (plugin) => plugin.decorations },
);

function paint(view: EditorView): DecorationSet {
  const builder = new RangeSetBuilder<Decoration>();
  const tint = view.state.field(current);
  if (tint)
    for (const visible of view.visibleRanges)
      for (let offset = visible.from; offset < visible.to; ) {
        const number = tint.index.at(offset);
        if (number === null) {
          offset++; // not encoded: rare, and only until the next press
          continue;
        }
        const token = tint.index.token(number);
        const { to } = token;
        const colour = tint.colour(token);
        const look =
          number === tint.chosen ? 'token chosen' : number === tint.hovered ? 'token hovered' : 'token';
        if (colour || look !== 'token') builder.add(offset, Math.min(to, visible.to), mark(colour, look));
        offset = to;
      }
  return builder.finish();
}

/** Marks by what they look like: neighbours that look alike may then share one element. */
const marks = new Map<string, Decoration>();
const MOST_MARKS = 1000;

function mark(colour: string | null, look: string): Decoration {
  const key = `${look} ${colour}`;
  let decoration = marks.get(key);
  if (!decoration) {
    if (marks.size >= MOST_MARKS) marks.clear();
    decoration = Decoration.mark({
      class: look,
      attributes: colour ? { style: `background-color: ${colour}` } : {},
    });
    marks.set(key, decoration);
  }
  return decoration;
}

/**
 * The editor's part of a token view: paints what `setTint` brings, and calls back with the token under the pointer
 * (null when it leaves) and the one behind the cursor, when either moves. Silent while nothing is tinted.
 */
export function tint(onHover: (token: number | null) => void, onCursor: (token: number | null) => void) {
  return [
    current,
    painter,
    EditorView.domEventHandlers({
      mousemove: (event, view) => {
        const shown = view.state.field(current);
        if (shown) onHover(tokenUnder(view, shown.index, event));
      },
      mouseleave: (_event, view) => {
        if (view.state.field(current)) onHover(null);
      },
    }),
    EditorView.updateListener.of(({ selectionSet, state }) => {
      const shown = state.field(current);
      if (shown && selectionSet) onCursor(shown.index.at(state.selection.main.head));
    }),
  ];
}

const BESIDE = 8; // px beside a line's end that still count as its last token

function tokenUnder(view: EditorView, index: TokenIndex, { clientX: x, clientY: y }: MouseEvent) {
  const near = view.posAndSideAtCoords({ x, y });
  const box = near && view.coordsAtPos(near.pos, near.assoc < 0 ? -1 : 1);
  if (!near || !box || Math.abs(x - box.left) > BESIDE + view.defaultCharacterWidth) return null;
  return index.at(near.assoc < 0 ? near.pos - 1 : near.pos);
}
