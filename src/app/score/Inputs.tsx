import { useState } from 'react';
import { bytes } from '../format';
import {
  keepField,
  type ListedText,
  type ListPage,
  losesPasted,
  pasted,
  readField,
} from '../store/pasted-texts';
import type { ScoringModel } from './run';

interface AddProps {
  readonly page: ListPage;
  onAdd(files: readonly ListedText[]): void;
  onFiles(files: readonly File[]): void;
  /** The text of the page behind. */
  own(): ListedText;
}

/** Adds files, the text of the page, or a pasted text. */
export function AddTexts({ page, onAdd, onFiles, own }: AddProps) {
  const [content, setContent] = useState(() => readField(page));
  const [isKept, setKept] = useState(true);
  const change = (changed: string) => {
    setContent(changed);
    setKept(keepField(page, changed));
  };
  const addPasted = () => {
    onAdd([pasted(firstWords(content), content)]);
    change('');
  };
  return (
    <section className="score-inputs" aria-label="Add texts">
      <label className="score-paste">
        Paste or type a text
        <textarea value={content} rows={4} onChange={(event) => change(event.target.value)} />
      </label>
      <div className="full-page-actions">
        <button type="button" className="worded" disabled={!content} onClick={addPasted}>
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
      {isKept ? null : <NotKept />}
    </section>
  );
}

function firstWords(text: string): string {
  const words = text.trim().split(/\s+/).slice(0, 6).join(' ');
  return words.length > 40 ? `${words.slice(0, 39)}…` : words || 'Blank text';
}

function NotKept() {
  return (
    <p role="status">
      This browser cannot keep what you pasted (its storage is full or blocked): a reload loses it.
    </p>
  );
}

interface ListProps {
  readonly page: ListPage;
  readonly files: readonly ListedText[];
  onRemove(n: number): void;
}

export function TextList({ page, files, onRemove }: ListProps) {
  if (!files.length) return null;
  return (
    <>
      <ul className="score-texts" aria-label="Texts">
        {files.map(({ name, file }, n) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: two texts may have the same name
          <li key={n}>
            <span>
              {name} <small>{bytes(file.size)}</small>
            </span>
            <button
              type="button"
              className="worded"
              aria-label={`Remove ${name}`}
              onClick={() => onRemove(n)}
            >
              Remove
            </button>
          </li>
        ))}
      </ul>
      {losesPasted(page, files) ? <NotKept /> : null}
    </>
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
