import { EditorSelection, StateEffect, StateField } from '@codemirror/state';
import { EditorView, layer, RectangleMarker, ViewPlugin, type ViewUpdate } from '@codemirror/view';
import type { Token, TokenIndex } from '../../model/text/token-index';
import { searchChanged } from './find';
import { highlight } from './highlights';

/** What is painted: the background of tokens, and frames around the two that are looked at. */
export interface Tint {
  readonly index: TokenIndex;
  /** A CSS colour, or null for none. Asked for tokens near what is in sight alone. */
  readonly colour: (token: Token) => string | null;
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

/** Frames around the tokens that are looked at: in a layer of their own, since a mark would part the text around them. */
const frames = layer({
  above: false,
  class: 'token-layer',
  update: ({ startState, state, docChanged, viewportChanged, geometryChanged }) =>
    startState.field(current) !== state.field(current) || docChanged || viewportChanged || geometryChanged,
  markers(view) {
    const tint = view.state.field(current);
    if (!tint) return [];
    const { index, chosen, hovered } = tint;
    const looked = [
      { number: chosen, look: 'token chosen' },
      { number: hovered === chosen ? null : hovered, look: 'token hovered' },
    ];
    return looked.flatMap(({ number, look }) => {
      if (number === null || number >= index.count) return [];
      const { from, to } = index.token(number);
      return RectangleMarker.forRange(view, look, EditorSelection.range(from, to));
    });
  },
});

/** Puts colours behind tokens without touching the page's elements (highlights.ts), once those are what they shall be. */
const painter = ViewPlugin.fromClass(
  class {
    private painted: Tint | null = null;
    private readonly onScroll: () => void;

    constructor(view: EditorView) {
      this.onScroll = () => {
        if (this.painted) this.paint(view);
      };
      document.addEventListener('scroll', this.onScroll, { capture: true, passive: true });
      this.paint(view);
    }

    /** Cursor and focus show and hide the marks of headings, and find marks what it finds: then the text is parted anew, in which colours have their places. */
    update(update: ViewUpdate) {
      const { view, docChanged, viewportChanged, selectionSet, focusChanged } = update;
      const tint = view.state.field(current);
      const isNew = tint?.index !== this.painted?.index || tint?.colour !== this.painted?.colour;
      const isParted = docChanged || viewportChanged || selectionSet || focusChanged || searchChanged(update);
      if (isNew || (tint && isParted)) this.paint(view);
    }

    destroy() {
      document.removeEventListener('scroll', this.onScroll, { capture: true });
      highlight(new Map());
    }

    private paint(view: EditorView) {
      this.painted = view.state.field(current);
      view.requestMeasure({ key: this, read: coloured, write: highlight });
    }
  },
);

/** Where each colour stands in the text that is drawn, near what is in sight: a paragraph may be far longer. */
function coloured(view: EditorView): Map<string, StaticRange[]> {
  const ranges = new Map<string, StaticRange[]>();
  const tint = view.state.field(current);
  if (!tint) return ranges;
  const { from, to } = nearSight(view);
  for (const node of textNodes(view.contentDOM)) {
    const start = view.posAtDOM(node);
    const end = Math.min(start + node.length, to);
    for (let at = Math.max(start, from); at < end; ) {
      const number = tint.index.at(at);
      if (number === null) {
        at++; // not encoded: rare, and only until the next press
        continue;
      }
      const token = tint.index.token(number);
      const next = Math.min(token.to, end);
      const colour = tint.colour(token);
      if (colour) {
        const list = ranges.get(colour) ?? [];
        ranges.set(colour, list);
        list.push(rangeIn(node, at - start, next - start));
      }
      at = next;
    }
  }
  return ranges;
}

/** The text in sight, and a window's height more on either side. */
function nearSight(view: EditorView): { from: number; to: number } {
  const { left, right } = view.contentDOM.getBoundingClientRect();
  return {
    from: view.posAtCoords({ x: left, y: -innerHeight }, false),
    to: view.posAtCoords({ x: right, y: 2 * innerHeight }, false),
  };
}

function rangeIn(node: Text, startOffset: number, endOffset: number): StaticRange {
  return new StaticRange({ startContainer: node, startOffset, endContainer: node, endOffset });
}

/** The text that is of the document, and not of an ornament in it. */
function* textNodes(content: HTMLElement): Generator<Text> {
  const walker = document.createTreeWalker(content, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT, (node) =>
    node instanceof HTMLElement
      ? node.contentEditable === 'false'
        ? NodeFilter.FILTER_REJECT
        : NodeFilter.FILTER_SKIP
      : NodeFilter.FILTER_ACCEPT,
  );
  while (walker.nextNode()) yield walker.currentNode as Text;
}

/**
 * The editor's part of a token view: paints what `setTint` brings, and calls back with the token under the pointer
 * (null when it leaves) and the one behind the cursor, when either moves. Silent while nothing is tinted.
 */
export function tint(onHover: (token: number | null) => void, onCursor: (token: number | null) => void) {
  return [
    current,
    frames,
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
