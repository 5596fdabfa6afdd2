import { type KeyboardEvent, useEffect, useState } from 'react';
import { useStore } from 'zustand';
import type { Run } from '../../../model/text/text';
import { lastPosition, type Token } from '../../../model/text/token-index';
import { showToken, tokenBytes } from '../../../model/text/vocabulary';
import { canHighlight } from '../../editor/highlights';
import { count } from '../../format';
import { placeOf } from '../../keyboard/bindings';
import { keyOf } from '../../keyboard/chord';
import { usePlayground, usePlaygroundState } from '../../playground-context';
import { isSameText } from '../../store/document/same-text';
import { scoredRecord } from '../../store/engine/inspection';
import { LEGEND, measureColour, SCALES, type TintMeasure } from '../../tint-scale';
import { type KnownTokens, useIsForeign, useTokens, useVocabulary } from '../../use-tokens';
import { Choice } from '../controls/Choice';
import { BackIcon, ForthIcon } from '../controls/icons';
import { ForeignText } from '../document/ForeignText';
import { TokenFacts } from './TokenFacts';

const MEASURES = [
  { value: 'surprise', name: 'Surprise' },
  { value: 'probability', name: 'Rank' },
  { value: 'off', name: 'Off' },
] as const;

/** The surprise or rank of each token as a colour in the text, and all figures of one token. */
export function TokenPanel() {
  const { inspection, tokens: view } = usePlayground();
  const known = useTokens();
  const measure = useStore(inspection.store, (state) => state.measure);
  useTint(measure);
  const number = useStore(view, ({ hovered, chosen }) => hovered ?? chosen);
  const token = number !== null && number < known.index.count ? known.index.token(number) : null;
  return (
    <div className="token-panel">
      <Choice
        name="Colour by"
        value={measure}
        options={MEASURES}
        onChange={(measure) => inspection.set({ measure })}
      />
      {measure === 'off' ? null : canHighlight ? <Legend measure={measure} /> : <CannotColour />}
      <ReadText known={known} />
      <Walk token={token} known={known} />
    </div>
  );
}

/** Colours the text while the panel is open. */
function useTint(measure: TintMeasure | 'off') {
  const { inspection, tokens } = usePlayground();
  const reading = useStore(inspection.store, (state) => state.reading);
  // biome-ignore lint/correctness/useExhaustiveDependencies: new readings repaint the text
  useEffect(() => {
    const colour = (token: Token) => {
      const found = measure === 'off' ? null : inspection.figures(token);
      return found && measureColour(measure as TintMeasure, found.logProbability, found.rank);
    };
    tokens.setState({ colour });
  }, [inspection, tokens, measure, reading]);
  useEffect(() => () => tokens.setState({ colour: null, hovered: null }), [tokens]);
}

function CannotColour() {
  return <p className="hint">This browser is too old to colour text. Hover a token to see its figures.</p>;
}

function Legend({ measure }: { measure: TintMeasure }) {
  const [none, strong] = LEGEND[measure];
  const stops = Array.from({ length: 13 }, (_, i) => SCALES[measure](i / 12) ?? 'transparent');
  return (
    <div className="legend">
      <div
        className="legend-scale"
        style={{ background: `linear-gradient(to right, ${stops.join(', ')})` }}
      />
      <span>{none}</span>
      <span>{strong}</span>
    </div>
  );
}

const SHORT = 10_000; // characters, about 2,000 tokens: the model reads such a text by itself
const PAUSE = 400; // ms without a change before it does

/** Scores a short text once, when nothing changes for a moment. */
function useReading({ isWhole, runs, index }: KnownTokens): boolean {
  const { inspection } = usePlayground();
  const isIdle = usePlaygroundState((state) => state.work.phase === 'idle');
  const isReady = useVocabulary() !== null;
  const [asked, setAsked] = useState<readonly Run[] | null>(null);
  const isShort = index.length <= SHORT;
  useEffect(() => {
    if (isWhole || !isReady || !isIdle || !isShort || (asked && isSameText(asked, runs))) return;
    const timer = setTimeout(() => {
      setAsked(runs);
      void inspection.readText();
    }, PAUSE);
    return () => clearTimeout(timer);
  }, [inspection, isWhole, isReady, isIdle, isShort, runs, asked]);
  return isShort && !(asked && isSameText(asked, runs));
}

/** Reads the text: typed tokens, and tokens from links, have no records before. A long text waits for a press. */
function ReadText({ known }: { known: KnownTokens }) {
  const { isWhole } = known;
  const isAboutToRead = useReading(known);
  const { inspection } = usePlayground();
  const progress = useStore(inspection.store, (state) => state.progress);
  const isIdle = usePlaygroundState((state) => state.work.phase === 'idle');
  const vocabulary = useVocabulary();
  const isForeign = useIsForeign();
  if (progress)
    return (
      <div className="progress late">
        <p>
          Reading{' '}
          <span className="progress-amount">
            {progress.total
              ? `${count(lastPosition(progress.read))} of ${count(lastPosition(progress.total))} tokens`
              : ''}
          </span>
        </p>
        <progress
          aria-label="Reading the text"
          {...(progress.total ? { value: progress.read, max: progress.total } : {})}
        />
        <button type="button" className="worded" onClick={() => inspection.cancel()}>
          Cancel
        </button>
      </div>
    );
  if (isForeign) return <ForeignText />;
  if (isWhole || !vocabulary || isAboutToRead) return null;
  return (
    <p className="hint">
      Part of the text is not scored yet.{' '}
      <button type="button" className="worded" disabled={!isIdle} onClick={() => void inspection.readText()}>
        Score the text
      </button>
    </p>
  );
}

/** The figures of one token, and buttons to its neighbours. */
function Walk({ token, known: { runs, index, record } }: { token: Token | null; known: KnownTokens }) {
  const playground = usePlayground();
  const vocabulary = useVocabulary();
  const tokenScore = useStore(playground.inspection.store, (state) => state.tokenScore);
  const full = token && (scoredRecord(tokenScore, token.number, runs) ?? record(token));
  const press = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const alternative = placeOf(event.nativeEvent);
    const key = keyOf(event.nativeEvent);
    if (alternative !== null && token && full) void playground.choose(token, full, alternative);
    else if (key === 'ArrowLeft') playground.walk(-1);
    else if (key === 'ArrowRight') playground.walk(1);
    else return;
    event.preventDefault();
  };
  if (index.count === 0) return <p className="hint">There are no tokens yet.</p>;
  return (
    <section className="token-walk" aria-label="Token" onKeyDown={press}>
      <div className="token-head">
        <button
          type="button"
          className="quiet-button"
          aria-label="Previous token"
          data-tip="Previous token (←)"
          onClick={() => playground.walk(-1)}
        >
          <BackIcon />
        </button>
        <code className="token-glyph">
          {token && vocabulary ? showToken(tokenBytes(vocabulary, token.id)) : '·'}
        </code>
        <button
          type="button"
          className="quiet-button"
          aria-label="Next token"
          data-tip="Next token (→)"
          onClick={() => playground.walk(1)}
        >
          <ForthIcon />
        </button>
      </div>
      {token ? (
        <TokenFacts token={token} record={full} vocabulary={vocabulary} />
      ) : (
        <p className="hint">Click a word to see what else the model considered.</p>
      )}
    </section>
  );
}
