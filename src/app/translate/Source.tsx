import { type ChangeEvent, useId } from 'react';
import { LARGEST_K } from '../../model/text/simultaneous';
import { liveTranslation } from '../store/translation/live-translation';

const OFFLINE = LARGEST_K + 1; // the place of the slider
const INSERTED = ['insertFromPaste', 'insertFromDrop'];

interface Props {
  readonly source: string;
  readonly k: number;
  onSource(source: string, ended: boolean): void;
  onFiles(files: readonly File[]): void;
}

/** The text to translate, and k. */
export function Source({ source, k, onSource, onFiles }: Props) {
  const id = useId();
  const change = ({ target, nativeEvent }: ChangeEvent<HTMLTextAreaElement>) => {
    const { inputType } = nativeEvent as InputEvent;
    // A text that was pasted at the end is complete, so its last word needs no space.
    onSource(target.value, INSERTED.includes(inputType) && target.selectionEnd === target.value.length);
  };
  return (
    <section className="translate-source" aria-label="Source">
      <label className="translate-text">
        English
        <textarea
          value={source}
          rows={8}
          lang="en"
          dir="auto"
          spellCheck={false}
          aria-describedby={`${id}-hint`}
          onChange={change}
        />
      </label>
      <small id={`${id}-hint`}>The model reads a word once a space follows it. Enter ends a sentence.</small>
      <div className="translate-k">
        <label htmlFor={`${id}-k`}>Wait for</label>
        <input
          id={`${id}-k`}
          type="range"
          min={1}
          max={OFFLINE}
          value={Math.min(k, OFFLINE)}
          aria-valuetext={waitOf(k)}
          onChange={({ target }) => {
            const place = Number(target.value);
            liveTranslation.setK(place === OFFLINE ? Number.POSITIVE_INFINITY : place);
          }}
        />
        <output htmlFor={`${id}-k`}>{waitOf(k)}</output>
      </div>
      <div className="full-page-actions">
        <label className="worded score-files">
          Open a file
          <input
            className="for-listeners"
            type="file"
            onChange={({ target }) => {
              onFiles(Array.from(target.files ?? []));
              target.value = '';
            }}
          />
        </label>
      </div>
    </section>
  );
}

export function waitOf(k: number): string {
  if (!Number.isFinite(k)) return 'the whole sentence (offline)';
  return k === 1 ? 'k = 1 word' : `k = ${k} words`;
}
