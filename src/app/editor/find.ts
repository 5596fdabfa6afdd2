import {
  closeSearchPanel,
  findNext,
  findPrevious,
  getSearchQuery,
  SearchQuery,
  search,
  searchPanelOpen,
  setSearchQuery,
} from '@codemirror/search';
import type { EditorState, Extension } from '@codemirror/state';
import { type EditorView, keymap, type ViewUpdate } from '@codemirror/view';

/** Find and replace. The browser's own search sees only the lines that are drawn; this one sees the whole text. */

/** The open panel: where its fields are to be drawn, and what they show. */
export interface OpenFind {
  readonly dom: HTMLElement;
  readonly view: EditorView;
  readonly state: EditorState;
}

/** @param onChange gets null when the panel has closed */
export function find(onChange: (find: OpenFind | null) => void): Extension {
  const scope = 'editor search-panel';
  return [
    search({
      top: true,
      literal: true, // a backslash is a backslash
      createPanel(view) {
        const dom = document.createElement('search');
        dom.className = 'find';
        const show = () => onChange({ dom, view, state: view.state });
        return {
          ...{ dom, top: true, mount: show, destroy: () => onChange(null) },
          update: (update) => {
            if (update.docChanged || update.selectionSet || searchChanged(update)) show();
          },
        };
      },
    }),
    keymap.of([
      { key: 'F3', run: findNext, shift: findPrevious, scope, preventDefault: true },
      { key: 'Mod-g', run: findNext, shift: findPrevious, scope, preventDefault: true },
      { key: 'Escape', run: closeSearchPanel, scope, stopPropagation: true },
    ]),
  ];
}

/** Whether other places are marked now: the text around them is drawn anew. */
export function searchChanged({ startState, state }: ViewUpdate): boolean {
  return (
    getSearchQuery(startState) !== getSearchQuery(state) ||
    searchPanelOpen(startState) !== searchPanelOpen(state)
  );
}

/** Looks for other words, and goes to the first place at or after the selection's beginning. */
export function searchFor(view: EditorView, change: Partial<Pick<SearchQuery, QueryPart>>): void {
  const { search, replace, caseSensitive } = getSearchQuery(view.state);
  const query = new SearchQuery({ search, replace, caseSensitive, literal: true, ...change });
  const isElsewhere = query.search !== search || query.caseSensitive !== caseSensitive;
  const at = query.valid && isElsewhere ? firstMatch(query, view.state) : null;
  view.dispatch({
    effects: setSearchQuery.of(query),
    ...(at && {
      selection: { anchor: at.from, head: at.to },
      scrollIntoView: true,
      userEvent: 'select.search',
    }),
  });
}

type QueryPart = 'search' | 'replace' | 'caseSensitive';

interface Match {
  readonly from: number;
  readonly to: number;
}

function firstMatch(query: SearchQuery, state: EditorState): Match | null {
  const { from } = state.selection.main;
  const next = query.getCursor(state, from).next();
  const found = next.done ? query.getCursor(state).next() : next;
  return found.done ? null : found.value;
}

const MOST = 1000;

export interface Matches {
  /** At most 1,000 are counted; null where there are more. */
  readonly count: number | null;
  /** Which of them is selected, from 1; 0 for none. */
  readonly selected: number;
}

export function countMatches(state: EditorState): Matches {
  const query = getSearchQuery(state);
  const { from, to } = state.selection.main;
  let [count, selected] = [0, 0];
  if (query.valid)
    for (const match of matches(query, state)) {
      if (count === MOST) return { count: null, selected };
      count++;
      if (match.from === from && match.to === to) selected = count;
    }
  return { count, selected };
}

function* matches(query: SearchQuery, state: EditorState): Generator<Match> {
  const cursor = query.getCursor(state);
  for (let found = cursor.next(); !found.done; found = cursor.next()) yield found.value;
}
