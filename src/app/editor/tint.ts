import { EditorSelection, StateEffect, StateField } from '@codemirror/state';
import { EditorView, layer, RectangleMarker, ViewPlugin, type ViewUpdate } from '@codemirror/view';
import type { Token, TokenIndex } from '../../model/text/token-index';
import type { Label } from '../store/token-view';
import { searchChanged } from './find';
import { highlight } from './highlights';
import { PlacedWords } from './placed-words';

/** The background colours of tokens, and frames around the hovered and the chosen token. */
export interface Tint {
  readonly index: TokenIndex;
  /** A CSS colour, or null for none. Called only for tokens near the viewport. */
  readonly colour: (token: Token) => string | null;
  readonly labels: readonly Label[] | null;
  readonly hovered: number | null;
  readonly chosen: number | null;
}

/** Null removes the colours and frames, and stops all work for them. */
export const setTint = StateEffect.define<Tint | null>();

const current = StateField.define<Tint | null>({
  create: () => null,
  update(tint, transaction) {
    for (const effect of transaction.effects) if (effect.is(setTint)) return effect.value;
    return transaction.docChanged ? null : tint; // positions have moved; the document sends a new tint at once
  },
});

/** Frames around the hovered and the chosen token. They are a layer, because a mark would split the text nodes. */
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

/** Short words above the end of tokens, for those who see the colours. */
const labels = layer({
  above: true,
  class: 'label-layer',
  update: ({ startState, state, docChanged, viewportChanged, geometryChanged }) =>
    startState.field(current)?.labels !== state.field(current)?.labels ||
    docChanged ||
    viewportChanged ||
    geometryChanged,
  markers(view) {
    const tint = view.state.field(current);
    const scroller = view.scrollDOM.getBoundingClientRect();
    return (tint?.labels ?? []).flatMap(({ token, words }) => {
      const end = token < tint!.index.count ? view.coordsAtPos(tint!.index.token(token).to, -1) : null;
      return end
        ? [new PlacedWords('token-label', words, end.right - scroller.left, end.top - scroller.top)]
        : [];
    });
  },
});

/** Highlights tokens (highlights.ts) after CodeMirror has updated the DOM. */
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

    /** Cursor and focus show or hide the marks of headings, and find marks its matches. Both replace text nodes, so the ranges must be computed again. */
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

/** The ranges of each colour near the viewport. A paragraph may be far longer than the viewport. */
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
        at++; // not encoded: rare, and only until the next generation
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

/** The text in the viewport, and one window height above and below. */
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

/** The text nodes of the document, without those of widgets. */
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
 * The editor's extension for token views. It paints the tint from `setTint`, and calls back with the token under the
 * pointer (null when it leaves), and with the token after the cursor or the clicked token, which may end at the cursor.
 * Without a tint it does not call back.
 */
export function tint(onHover: (token: number | null) => void, onCursor: (token: number | null) => void) {
  return [
    current,
    frames,
    labels,
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
    EditorView.updateListener.of(({ selectionSet, state, transactions }) => {
      const shown = state.field(current);
      if (!shown || !selectionSet) return;
      const { head, empty } = state.selection.main;
      const isClicked = empty && transactions.some((one) => one.isUserEvent('select.pointer'));
      onCursor((isClicked ? shown.hovered : null) ?? shown.index.at(head));
    }),
  ];
}

const BESIDE = 8; // px beyond a line's end that still count as its last token

function tokenUnder(view: EditorView, index: TokenIndex, { clientX: x, clientY: y }: MouseEvent) {
  const near = view.posAndSideAtCoords({ x, y });
  const box = near && view.coordsAtPos(near.pos, near.assoc < 0 ? -1 : 1);
  if (!near || !box || Math.abs(x - box.left) > BESIDE + view.defaultCharacterWidth) return null;
  return index.at(near.assoc < 0 ? near.pos - 1 : near.pos);
}
