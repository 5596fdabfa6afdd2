import { useEffect } from 'react';
import { useStore } from 'zustand';
import type { TokenRecord } from '../../../model/sampling/records';
import { foreignModelOf, positionOf, type Token, TokenIndex } from '../../../model/text/token-index';
import { showToken, tokenBytes, type Vocabulary } from '../../../model/text/vocabulary';
import { commandOf, saveState } from '../../commands';
import { count } from '../../format';
import { usePlayground, usePlaygroundState } from '../../playground-context';
import { bitsOf } from '../../tint-scale';
import { ordinal, percent } from '../../token-format';

interface Props {
  readonly token: Token;
  readonly record: TokenRecord | null;
  readonly vocabulary: Vocabulary | null;
}

/** A token's probability, surprise and rank, and its alternatives. */
export function TokenFacts({ token, record, vocabulary }: Props) {
  const foreign = foreignModelOf(token);
  const source =
    token.run.source === 'sampled'
      ? 'written by the model'
      : foreign
        ? `written by ${foreign}, read as typed text`
        : 'typed';
  useGlance(token, record);
  return (
    <>
      <p className="token-source">
        Token {count(positionOf(token.number))}, {source} · id {token.id}
      </p>
      {record?.rank ? (
        <dl className="token-figures">
          <div>
            <dt>Probability</dt>
            <dd>{percent(Math.exp(record.logProbability))}</dd>
          </div>
          <div>
            <dt>Surprise</dt>
            <dd>{bitsOf(record.logProbability).toFixed(1)} bits</dd>
          </div>
          <div>
            <dt>Rank</dt>
            <dd>{ordinal(record.rank)}</dd>
          </div>
        </dl>
      ) : null}
      {record && vocabulary ? <Alternatives token={token} record={record} vocabulary={vocabulary} /> : null}
      {vocabulary ? <SaveState after={token} /> : null}
      {vocabulary ? null : <p className="hint">The model of this token is not loaded.</p>}
    </>
  );
}

/** Saves the state behind the token, from which another text can continue. */
function SaveState({ after: { number } }: { after: Token }) {
  const playground = usePlayground();
  const isIdle = usePlaygroundState((state) => state.work.phase === 'idle');
  const saveHere = () => {
    const { runs } = playground.text;
    const index = new TokenIndex(runs);
    return saveState(playground, number + 1 < index.count ? index.before(number + 1) : runs);
  };
  return (
    <button type="button" className="worded" disabled={!isIdle} onClick={saveHere}>
      {commandOf('save-state').name}
    </button>
  );
}

const REST = 250; // ms that a token stays chosen before the model computes its alternatives

/** Requests the missing alternatives of the chosen token while the engine is idle. */
function useGlance(token: Token, record: TokenRecord | null): void {
  const { inspection, tokens } = usePlayground();
  const isWorking = usePlaygroundState((state) => state.work.phase !== 'idle');
  const isReading = useStore(inspection.store, ({ progress }) => progress !== null);
  const isIdle = !isWorking && !isReading;
  const { run, place } = token;
  // A hovered token sends no request, because a pointer crosses many tokens.
  const isChosen = useStore(tokens, ({ chosen }) => chosen === token.number);
  const isMissing = !record || !knowsSampler(record);
  // biome-ignore lint/correctness/useExhaustiveDependencies: one request per token, not per version of it
  useEffect(() => {
    if (!isChosen || !isMissing || !isIdle) return;
    const timer = setTimeout(() => void inspection.scoreToken(token), REST);
    return () => clearTimeout(timer);
  }, [run, place, isChosen, isMissing, isIdle, inspection]);
}

/** Typed tokens have no probabilities after sampling. */
function knowsSampler({ alternatives }: TokenRecord): boolean {
  return alternatives.some(({ probability }) => probability > 0);
}

function Alternatives({
  token,
  record,
  vocabulary,
}: Props & { record: TokenRecord; vocabulary: Vocabulary }) {
  const playground = usePlayground();
  const sampled = knowsSampler(record);
  const most = Math.max(
    ...record.alternatives.map((a) => Math.max(Math.exp(a.logProbability), a.probability)),
  );
  if (!record.alternatives.length) return null;
  return (
    <>
      <div className="alternatives-head">
        <h2 id="alternatives">Alternatives</h2>
        <span className="key-raw">model</span>
        {sampled ? <span className="key-sampler">after sampling</span> : null}
      </div>
      <ol className="alternatives" aria-labelledby="alternatives">
        {record.alternatives.map(({ id, logProbability, probability }, n) => {
          const raw = Math.exp(logProbability);
          return (
            <li key={id}>
              <button
                type="button"
                aria-current={id === token.id}
                onClick={() => void playground.choose(token, record, n)}
              >
                <kbd>{(n + 1) % 10}</kbd>
                <code>{showToken(tokenBytes(vocabulary, id))}</code>
                <span className="bars" aria-hidden="true">
                  <span className="bar-raw" style={{ width: `${(100 * raw) / most}%` }} />
                  {sampled ? (
                    <span className="bar-sampler" style={{ width: `${(100 * probability) / most}%` }} />
                  ) : null}
                </span>
                <span className="shares">
                  <span>{percent(raw)}</span>
                  {sampled ? (
                    <span className="share-sampler">
                      <span className="for-listeners">after sampling </span>
                      {probability > 0 ? percent(probability) : 'excluded'}
                    </span>
                  ) : null}
                </span>
              </button>
            </li>
          );
        })}
      </ol>
      <p className="hint">Pick one: the text continues from it, and the old version stays under Branches.</p>
    </>
  );
}
