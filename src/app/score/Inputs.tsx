import { useState } from 'react';
import { bytes } from '../format';
import type { ScoredFile, ScoringModel } from './run';

interface AddProps {
  onAdd(files: readonly ScoredFile[]): void;
  onFiles(files: readonly File[]): void;
  /** The text of the page behind. */
  own(): ScoredFile;
}

/** Adds files, the text of the page, or a pasted text. */
export function AddTexts({ onAdd, onFiles, own }: AddProps) {
  const [pasted, setPasted] = useState('');
  const addPasted = () => {
    onAdd([{ name: firstWords(pasted), file: new Blob([pasted]) }]);
    setPasted('');
  };
  return (
    <section className="score-inputs" aria-label="Add texts">
      <label className="score-paste">
        Paste or type a text
        <textarea value={pasted} rows={4} onChange={(event) => setPasted(event.target.value)} />
      </label>
      <div className="full-page-actions">
        <button type="button" className="worded" disabled={!pasted} onClick={addPasted}>
          Add this text
        </button>
        <label className="worded score-files">
          Add files
          <input
            className="for-listeners"
            type="file"
            multiple
            onChange={({ target }) => {
              onFiles(Array.from(target.files ?? []));
              target.value = '';
            }}
          />
        </label>
        <button type="button" className="worded" onClick={() => onAdd([own()])}>
          Add the text of the page
        </button>
      </div>
      <p>
        <small>Or drop files here. A file is plain text in UTF-8.</small>
      </p>
    </section>
  );
}

function firstWords(text: string): string {
  const words = text.trim().split(/\s+/).slice(0, 6).join(' ');
  return words.length > 40 ? `${words.slice(0, 39)}…` : words || 'Blank text';
}

interface ListProps {
  readonly files: readonly ScoredFile[];
  onRemove(n: number): void;
}

export function TextList({ files, onRemove }: ListProps) {
  if (!files.length) return null;
  return (
    <ul className="score-texts" aria-label="Texts">
      {files.map(({ name, file }, n) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: two texts may have the same name
        <li key={n}>
          <span>
            {name} <small>{bytes(file.size)}</small>
          </span>
          <button type="button" className="worded" aria-label={`Remove ${name}`} onClick={() => onRemove(n)}>
            Remove
          </button>
        </li>
      ))}
    </ul>
  );
}

interface ChoiceProps {
  readonly models: readonly ScoringModel[];
  readonly chosen: ReadonlySet<string>;
  onChosen(chosen: ReadonlySet<string>): void;
}

export function ModelChoice({ models, chosen, onChosen }: ChoiceProps) {
  const toggle = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    onChosen(next);
  };
  return (
    <fieldset className="score-models">
      <legend>Models</legend>
      {models.map(({ id, name, bytes: size }) => (
        <label key={id}>
          <input type="checkbox" checked={chosen.has(id)} onChange={() => toggle(id)} />
          <span>
            {name} <small>{bytes(size)}</small>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
