import { useEffect } from 'react';
import { useStore } from 'zustand';
import { moment } from '../../format';
import { usePlayground } from '../../playground-context';
import { labelOf } from '../../store/document/article';
import { nameOf, type TextEntry } from '../../store/library/text-storage';
import { deletesStorageAfterAWeek } from '../../workarounds/safari-deletes-storage';
import { WordedCommand } from '../controls/CommandButton';
import { DeleteIcon, RenameIcon } from '../controls/icons';
import { NameField, useNaming } from '../controls/NameField';

/** The saved texts, and the commands for whole texts. */
export default function Texts({ onDone }: { onDone(): void }) {
  return (
    <>
      <h2>Your texts</h2>
      <List onChosen={onDone} />
      <Undo />
      <div className="card-actions">
        {(['new', 'open', 'save-state', 'export', 'export-all', 'score'] as const).map((id) => (
          <WordedCommand key={id} command={id} onDone={onDone} />
        ))}
      </div>
      <p>
        <small>
          Saved only in this browser. One tab per text.
          {deletesStorageAfterAWeek()
            ? ' Safari deletes them after seven days of use without a visit to this page. Export the texts that you want to keep.'
            : ''}
        </small>
      </p>
    </>
  );
}

function List({ onChosen }: { onChosen(): void }) {
  const { texts, text } = usePlayground();
  const { entries, current } = useStore(texts.store);
  const shown = { ...current, title: labelOf(text.runs) };
  useEffect(() => void texts.refresh(), [texts]);
  const others = entries.filter(({ id }) => id !== current.id);
  return (
    <ul className="texts-list">
      {[shown, ...others].map((entry) => (
        <Row key={entry.id} entry={entry} isCurrent={entry === shown} onChosen={onChosen} />
      ))}
    </ul>
  );
}

function Row({ entry, isCurrent, onChosen }: { entry: TextEntry; isCurrent: boolean; onChosen(): void }) {
  const { texts } = usePlayground();
  const isUnsaved = useStore(
    texts.store,
    ({ keeping, unsaved }) => keeping !== 'ok' && unsaved.has(entry.id),
  );
  const name = nameOf(entry);
  const naming = useNaming((words) => {
    if (words !== name) void texts.rename(entry.id, words);
  });
  if (naming.isNaming)
    return (
      <li>
        <NameField label={`Name of ${name}`} name={name} onEnd={naming.end} />
      </li>
    );
  return (
    <li>
      <button
        type="button"
        aria-current={isCurrent}
        onClick={() => {
          void texts.open(entry.id);
          onChosen();
        }}
      >
        <span className="text-name" dir="auto">
          {name}
          <small>
            {entry.changed ? moment(entry.changed) : 'Not saved until you edit it'}
            {isUnsaved ? ' · not saved yet' : ''}
          </small>
        </span>
      </button>
      <button
        ref={naming.ref}
        type="button"
        className="quiet-button"
        aria-label={`Rename ${name}`}
        data-tip="Rename"
        onClick={naming.begin}
      >
        <RenameIcon />
      </button>
      <button
        type="button"
        className="quiet-button"
        aria-label={`Delete ${name}`}
        data-tip="Delete"
        onClick={() => texts.remove(entry.id)}
      >
        <DeleteIcon />
      </button>
    </li>
  );
}

/** Undo and redo for changes to the list. */
function Undo() {
  const { texts } = usePlayground();
  const last = useStore(texts.store, ({ done }) => done[0]);
  const next = useStore(texts.store, ({ undone }) => undone[0]);
  return (
    <div role="status">
      {last ? (
        <p>
          <bdi>{nameOf(last.entry)}</bdi> was {last.what}.{' '}
          <button
            type="button"
            className="worded"
            aria-label={`Undo: ${nameOf(last.entry)} was ${last.what}`}
            onClick={() => texts.undo()}
          >
            Undo
          </button>
        </p>
      ) : null}
      {next ? (
        <button type="button" className="worded" onClick={() => texts.redo()}>
          <span>
            {next.what === 'deleted' ? 'Delete' : 'Rename to'} <bdi>{nameOf(next.entry)}</bdi> again
          </span>
        </button>
      ) : null}
    </div>
  );
}
