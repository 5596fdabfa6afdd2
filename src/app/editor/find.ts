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

/** Find and replace in the whole text. The browser's own search finds only the lines that the editor has drawn. */

/** The open panel: the element for its fields, and the editor's view and state. */
export interface OpenFind {
  readonly dom: HTMLElement;
  readonly view: EditorView;
  readonly state: EditorState;
}

/** @param onChange gets null when the panel closes */
export function find(onChange: (find: OpenFind | null) => void): Extension {
  const scope = 'editor search-panel';
  return [
    search({
      top: true,
      literal: true, // no escapes: a backslash matches a backslash
      createPanel(view) {
        const dom = document.createElement('search');
        dom.className = 'find';
        const show = () => onChange({ dom, view, state: view.state });
        return {
          dom,
          top: true,
          mount: show,
          destroy: () => onChange(null),
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

/** Whether the highlighted matches changed, which makes CodeMirror redraw the text around them. */
export function searchChanged({ startState, state }: ViewUpdate): boolean {
  return (
    getSearchQuery(startState) !== getSearchQuery(state) ||
    searchPanelOpen(startState) !== searchPanelOpen(state)
  );
}

/** Changes the query, and selects the first match at or after the start of the selection. */
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
  /** The number of matches; null if there are more than 1,000. */
  readonly count: number | null;
  /** The selected match, from 1; 0 for none. */
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
