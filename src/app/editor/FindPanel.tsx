import {
  closeSearchPanel,
  findNext,
  findPrevious,
  getSearchQuery,
  replaceAll,
  replaceNext,
} from '@codemirror/search';
import type { EditorState } from '@codemirror/state';
import { type EditorView, runScopeHandlers } from '@codemirror/view';
import { type KeyboardEvent, useEffect, useState } from 'react';
import { ChevronIcon, CloseIcon } from '../components/controls/icons';
import { count } from '../format';
import { isComposing } from '../keyboard/chord';
import { countMatches, type Matches, type OpenFind, searchFor } from './find';

/** The find and replace bar above the text. */
export function FindPanel({ view, state }: OpenFind) {
  const query = getSearchQuery(state);
  const matches = useMatches(state);
  const act = (command: (view: EditorView) => boolean) => () => void command(view);
  return (
    <>
      <div className="find-row">
        <Field
          view={view}
          name="Find"
          value={query.search}
          isFirst
          onChange={(search) => searchFor(view, { search })}
          onEnter={(withShift) => (withShift ? findPrevious : findNext)(view)}
        />
        <span className="find-count" role="status">
          {query.valid && matches ? countOf(matches) : ''}
        </span>
        <IconButton name="Previous match" onClick={act(findPrevious)}>
          <ChevronIcon />
        </IconButton>
        <IconButton name="Next match" onClick={act(findNext)}>
          <ChevronIcon />
        </IconButton>
        <IconButton name="Close find" onClick={act(closeSearchPanel)}>
          <CloseIcon />
        </IconButton>
      </div>
      <div className="find-row">
        <Field
          view={view}
          name="Replace with"
          value={query.replace}
          onChange={(replace) => searchFor(view, { replace })}
          onEnter={() => replaceNext(view)}
        />
        <button type="button" className="worded" onClick={act(replaceNext)}>
          Replace
        </button>
        <button type="button" className="worded" onClick={act(replaceAll)}>
          Replace all
        </button>
        <label className="check">
          <input
            type="checkbox"
            checked={query.caseSensitive}
            onChange={(event) => searchFor(view, { caseSensitive: event.target.checked })}
          />
          Match case
        </label>
      </div>
    </>
  );
}

interface FieldProps {
  readonly view: EditorView;
  readonly name: string;
  readonly value: string;
  /** Gets the focus when the panel opens. */
  readonly isFirst?: boolean;
  onChange(value: string): void;
  onEnter(withShift: boolean): void;
}

function Field({ view, name, value, isFirst, onChange, onEnter }: FieldProps) {
  const press = ({ nativeEvent: event }: KeyboardEvent) => {
    if (isComposing(event)) return;
    if (event.key === 'Enter') onEnter(event.shiftKey);
    else if (!runScopeHandlers(view, event, 'search-panel')) return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <input
      {...(isFirst && { 'main-field': 'true', ref: enter })} // CodeMirror focuses this field when find opens again
      type="text"
      dir="auto"
      aria-label={name}
      placeholder={name}
      autoComplete="off"
      spellCheck={false}
      value={value}
      onChange={(event) => onChange(event.target.value)}
      onKeyDown={press}
    />
  );
}

function enter(field: HTMLInputElement | null): void {
  field?.focus();
  field?.select();
}

function IconButton(props: { name: string; onClick(): void; children: React.ReactNode }) {
  const { name, onClick, children } = props;
  return (
    <button type="button" className="quiet-button" aria-label={name} data-tip={name} onClick={onClick}>
      {children}
    </button>
  );
}

const PAUSE = 150; // ms: avoids counting a long text at every token while the model writes

function useMatches(state: EditorState): Matches | null {
  const [matches, setMatches] = useState<Matches | null>(null);
  useEffect(() => {
    const timer = setTimeout(() => setMatches(countMatches(state)), PAUSE);
    return () => clearTimeout(timer);
  }, [state]);
  return matches;
}

function countOf({ count: found, selected }: Matches): string {
  if (found === 0) return 'No matches';
  const all = found === null ? '1,000+' : count(found);
  return selected ? `${count(selected)} of ${all}` : found === 1 ? '1 match' : `${all} matches`;
}
