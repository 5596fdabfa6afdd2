import { memo } from 'react';
import { DIRECTIONS, type Direction } from '../../model/text/simultaneous';
import type { SharedTranslation } from '../../share/translation-link';
import type { TranslatedSentence, Turn } from '../../workers/messages';
import { count } from '../format';
import { type TranslationState, textIn } from '../store/translation/live-translation';
import { LANGUAGES } from './languages';
import { waitOf } from './Source';

interface Props {
  readonly sentences: readonly TranslatedSentence[];
  /** The link whose translations are shown, before the model runs. */
  readonly link: SharedTranslation | null;
  /** Number of the sentence whose turns are shown. */
  readonly shown: number;
  onChosen(sentence: number): void;
}

/** Sentences of a part. A page with thousands of buttons is slow. */
const PART = 100;

/** The translations, a button for each sentence of the part around the shown one. */
export function Translations({ sentences, link, shown, onChosen }: Props) {
  const from = Math.floor(Math.max(0, shown) / PART) * PART;
  return DIRECTIONS.map((direction) => {
    const { name, lang } = LANGUAGES[direction];
    return (
      <section key={direction} className="translate-target" aria-label={name}>
        <h3>{name}</h3>
        {link ? (
          <p lang={lang} className="translate-linked">
            {link.translations[direction]}
          </p>
        ) : (
          <ol lang={lang}>
            {sentences.slice(from, from + PART).map(({ turns }, n) => (
              <Translated
                // biome-ignore lint/suspicious/noArrayIndexKey: a sentence is its place in the text
                key={from + n}
                n={from + n}
                turns={turns[direction]}
                isShown={from + n === shown}
                onChosen={onChosen}
              />
            ))}
          </ol>
        )}
      </section>
    );
  });
}

interface PartsProps {
  readonly count: number;
  readonly shown: number;
  onChosen(sentence: number): void;
}

/** Buttons for the parts of a long text. */
export function Parts({ count: total, shown, onChosen }: PartsProps) {
  if (total <= PART) return null;
  const from = Math.floor(Math.max(0, shown) / PART) * PART;
  const end = Math.min(total, from + PART);
  return (
    <nav className="full-page-actions" aria-label="Parts of the text">
      <button type="button" className="worded" disabled={from === 0} onClick={() => onChosen(from - PART)}>
        Earlier
      </button>
      <span>
        Sentences {count(from + 1)} to {count(end)} of {count(total)}
      </span>
      <button type="button" className="worded" disabled={end === total} onClick={() => onChosen(end)}>
        Later
      </button>
    </nav>
  );
}

interface TranslatedProps {
  readonly n: number;
  readonly turns: readonly Turn[];
  readonly isShown: boolean;
  onChosen(sentence: number): void;
}

const Translated = memo(function Translated({ n, turns, isShown, onChosen }: TranslatedProps) {
  return (
    <li>
      <button
        type="button"
        className="translate-sentence"
        dir="auto"
        aria-pressed={isShown}
        onClick={() => onChosen(n)}
      >
        {turns.flatMap(({ written }) => written).join(' ') || '…'}
      </button>
    </li>
  );
});

interface NoteProps {
  readonly state: TranslationState;
  readonly link: SharedTranslation;
  onVerify(): void;
}

/** The origin of a shared translation, and whether the model writes the same. */
export function LinkNote({ state, link, onVerify }: NoteProps) {
  const { phase, model, sentences } = state;
  if (phase === 'idle')
    return (
      <div className="full-page-actions">
        <p>This translation comes from a link ({waitOf(link.k)}). The model has not run yet.</p>
        <button type="button" className="worded" onClick={onVerify}>
          Verify the translation
        </button>
      </div>
    );
  if (phase !== 'done') return null;
  if (model?.digest !== link.model.digest)
    return (
      <p role="alert">
        <b>Not verified:</b> the link names the model {link.model.id}, which this site does not offer.{' '}
        {model?.name} translated the text again.
      </p>
    );
  const others = DIRECTIONS.filter((direction) => !isSame(sentences, link, direction));
  return others.length === 0 ? (
    <p role="status">Verified: {model.name} writes both translations of the link.</p>
  ) : (
    <p role="alert">
      <b>Different:</b> {model.name} writes another translation than the link in{' '}
      {others.map((direction) => LANGUAGES[direction].name).join(' and ')}.
    </p>
  );
}

function isSame(
  sentences: readonly TranslatedSentence[],
  { translations }: SharedTranslation,
  direction: Direction,
): boolean {
  return textIn(sentences, direction) === translations[direction];
}
