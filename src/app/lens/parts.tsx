import type { ReactNode } from 'react';
import type { ErrorData } from '../../model/runtime/errors';
import { positionOf } from '../../model/text/token-index';
import { usePlayground, usePlaygroundState } from '../playground-context';
import { READABLE } from '../store/engine/generating';
import type { LensView } from '../store/engine/lens-view';
import type { Scale } from './scales';
import type { Words } from './use-lens';

/** The lens's settings, and a function that changes them. */
export function useLensView(): [LensView, (change: Partial<LensView>) => void] {
  const playground = usePlayground();
  const view = usePlaygroundState(({ lens }) => lens);
  return [view, (change) => playground.lens.set(change)];
}

/** CSS draws tildes over letters, because few fonts place them well. */
export function Formula({ children }: { children: string }) {
  return children.split(/(.\u0303)/u).map((part, n) =>
    part.endsWith('\u0303') ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: a part is identified by its position in the formula
      <span key={n} className="tilde">
        {part[0]}
      </span>
    ) : (
      part
    ),
  );
}

/** Explains a figure in words and as a formula. */
export function Caption({ children, formula }: { children: ReactNode; formula?: string }) {
  return (
    <div className="lens-caption">
      <p>{children}</p>
      {formula ? (
        <p className="formula">
          <Formula>{formula}</Formula>
        </p>
      ) : null}
    </div>
  );
}

export function Legend({ scale, name }: { scale: Scale; name: string }) {
  const [low, high] = scale.ends;
  return (
    <p className="lens-legend">
      <span>{low}</span>
      <span
        className="lens-ramp"
        role="img"
        aria-label={`${name}, from ${low} to ${high}`}
        style={{ background: `linear-gradient(to right, ${scale.stops.join()})` }}
      />
      <span>{high}</span>
    </p>
  );
}

export function Problem({ problem }: { problem: ErrorData | null }) {
  if (!problem) return null;
  return (
    <p role="alert" className="lens-problem">
      {problem.message} {problem.remedy}
    </p>
  );
}

export function Waiting({ children = 'Reading …' }: { children?: ReactNode }) {
  return <p className="lens-waiting">{children}</p>;
}

/** Selects the token to look from: a slider, or the newest token while the text grows. */
export function TokenStepper({ words }: { words: Words }) {
  const playground = usePlayground();
  const [{ token }, set] = useLensView();
  const isPaced = usePlaygroundState((state) => state.isPaced);
  const limit = usePlaygroundState(({ settings }) => settings.tokensPerSecond);
  const isFaster = limit === 0 || limit > READABLE;
  const last = Math.max(words.index.count - 1, 0);
  const shown = Math.min(token ?? last, last);
  const position = positionOf(shown);
  return (
    <div className="lens-stepper">
      <input
        type="range"
        min={0}
        max={last}
        step={1}
        value={shown}
        aria-label="Token to look from"
        aria-valuetext={`${position} of ${positionOf(last)}, ${words.of(position)}`}
        data-tip={`Token ${position} of ${positionOf(last)}`}
        onChange={({ target }) => set({ token: Number(target.value) })}
      />
      <label className="check">
        <input
          type="checkbox"
          checked={token === null}
          onChange={({ target }) => set({ token: target.checked ? null : last })}
        />
        Follow new words
      </label>
      {token === null && isFaster ? (
        <label className="check">
          <input
            type="checkbox"
            checked={isPaced}
            onChange={({ target }) => playground.store.setState({ isPaced: target.checked })}
          />
          at {READABLE} tokens/s
        </label>
      ) : null}
    </div>
  );
}
