import { logProbabilitiesOf } from '../../../model/sampling/records';
import { ARTICLE_BREAK, plainText, type Run } from '../../../model/text/text';
import { count } from '../../format';
import { usePlayground, usePlaygroundState } from '../../playground-context';
import { type Continuation, earlierSettings } from '../../store/engine/continuations';
import { RANGES, SETTING_NAMES } from '../../store/settings/settings';
import { bitsOf } from '../../tint-scale';
import { NumberField } from '../controls/NumberField';

/** The strength of a taught model, in percent. */
const STRENGTH = { min: 0, max: 150, step: 5 };
const FIRST = ['temperature', 'seed'] as const;
const MORE = ['topP', 'minP', 'topK', 'repetitionPenalty', 'sequencePenalty'] as const;

/** One continuation: its settings, its text and the buttons to keep it. */
export function CompareColumn({ number, onKeep }: { number: number; onKeep(goesOn: boolean): void }) {
  const { comparison } = usePlayground();
  const isWorking = usePlaygroundState((state) => state.work.phase !== 'idle');
  const own = usePlaygroundState((state) => state.comparison.continuations[number]);
  if (!own) return null;
  const earlier = earlierSettings(own);
  const { writer } = own;
  const strength = writer && writer.strength !== own.strength ? writer.strength : null;
  const field = (key: keyof Continuation['sampling']) => (
    <NumberField
      key={key}
      name={SETTING_NAMES[key]}
      value={own.sampling[key]}
      range={RANGES[key]}
      disabled={isWorking}
      onChange={(value) => comparison.change(number, { [key]: value })}
    />
  );
  return (
    <section className="compare-column" aria-labelledby={`continuation-${number}`}>
      <h3 id={`continuation-${number}`}>
        Continuation {number + 1}
        {own.strength === 0 ? ': the base' : ''}
      </h3>
      {own.strength === undefined ? null : (
        <NumberField
          name="Strength in percent"
          value={Math.round(100 * own.strength)}
          range={STRENGTH}
          disabled={isWorking}
          onChange={(value) => comparison.setStrength(number, value / 100)}
        />
      )}
      {FIRST.map(field)}
      <details>
        <summary>More settings</summary>
        {MORE.map(field)}
      </details>
      {earlier || strength !== null ? (
        <small className="compare-earlier">{writtenAt(earlier ?? {}, strength)}</small>
      ) : null}
      <Words number={number} runs={own.runs} />
      <div className="compare-foot">
        <small>{figures(own)}</small>
        <div>
          <button
            type="button"
            className="worded"
            disabled={!own.runs.length}
            aria-label={`Keep: continuation ${number + 1}`}
            onClick={() => onKeep(false)}
          >
            Keep
          </button>
          <button
            type="button"
            className="worded"
            disabled={!own.runs.length}
            aria-label={`Keep and continue: continuation ${number + 1}`}
            onClick={() => onKeep(true)}
          >
            Keep and continue
          </button>
        </div>
      </div>
    </section>
  );
}

/** "Written at temperature 0.8 and seed 12." @param strength of a taught model; null if it is the current one */
function writtenAt(settings: Partial<Continuation['sampling']>, strength: number | null): string {
  const settled = [...FIRST, ...MORE].flatMap((key) =>
    settings[key] === undefined ? [] : [`${SETTING_NAMES[key].toLowerCase()} ${settings[key]}`],
  );
  const parts = strength === null ? settled : [`strength ${Math.round(100 * strength)}%`, ...settled];
  return `Written at ${new Intl.ListFormat('en').format(parts)}.`;
}

function Words({ number, runs }: { number: number; runs: readonly Run[] }) {
  const before = usePlaygroundState(({ comparison }) => comparison.base?.runs.at(-1)?.text ?? '');
  const text = plainText(runs);
  // If the continuation starts inside a word, show the beginning of that word before it.
  const begun = /^\S/.test(text) ? (/[\p{L}\p{M}\p{N}]{1,20}$/u.exec(before)?.[0] ?? '') : '';
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by the keyboard
    <section className="compare-words" tabIndex={0} aria-label={`Text of continuation ${number + 1}`}>
      {begun ? <span className="compare-begun">{begun}</span> : null}
      {text.replaceAll(ARTICLE_BREAK, '❧').trimStart() || (
        <span className="hint">Nothing generated yet.</span>
      )}
    </section>
  );
}

const REASONS = {
  length: '',
  'article-end': ' · end of article',
  'stop-sequence': ' · stop sequence',
  stopped: ' · stopped',
};

/** Length, mean surprise in bits per token, and the reason why it ended. */
function figures({ runs, reason }: Continuation): string {
  let [tokens, nats] = [0, 0];
  for (const run of runs)
    if (run.source === 'sampled')
      for (const logProbability of logProbabilitiesOf(run.records)) {
        tokens++;
        nats += logProbability;
      }
  if (!tokens) return '';
  return `${count(tokens)} tokens · ${bitsOf(nats / tokens).toFixed(1)} bits per token${reason ? REASONS[reason] : ''}`;
}
