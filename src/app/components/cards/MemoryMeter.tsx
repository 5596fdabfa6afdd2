import { type ReactNode, useEffect, useState } from 'react';
import type { Config } from '../../../model/core/config';
import { cacheBytes } from '../../../model/runtime/snapshot';
import { SNAPSHOT_BUDGET } from '../../../workers/snapshot-store';
import { bytes, count, milliseconds, perSecond } from '../../format';
import { usePlaygroundState } from '../../playground-context';
import { countTokens } from '../../store/document/text-value';
import { Popover } from '../controls/Popover';

const LONG = 100_000; // tokens, for comparison

/** The memory of the state, which is the same at every length, and that of a key-value cache, which grows. */
export function MemoryMeter() {
  const engine = usePlaygroundState((state) => state.engine);
  const figures = usePlaygroundState((state) => state.figures);
  const windowBytes = usePlaygroundState((state) => state.lensBytes);
  const tokens = usePlaygroundState(({ history }) => (history ? countTokens(history.present.runs) : null));
  const speed = useSpeed(tokens);
  if (engine.phase !== 'ready') return null;
  const { config, stateBytes: state } = engine.info;
  const ms = figures?.msPerToken;
  const snapshots = figures?.snapshotCount ?? 0;
  const kept = snapshots === 1 ? '1 snapshot' : `${snapshots} snapshots`;
  const chart = { config, tokens, state };
  return (
    <Popover
      id="memory"
      label="Memory"
      side="above"
      className="quiet-button meter"
      button={
        <>
          <span className="for-listeners">Memory:</span>
          <span className="meter-words">
            <span>
              {speed ?? (
                <>
                  <b className="meter-state">{bytes(state)}</b> of memory at any length
                </>
              )}
            </span>
            <span>
              standard attention: {tokens === null ? '' : `${bytes(cacheBytes(config, 1 + tokens))} now, `}
              {bytes(cacheBytes(config, LONG))} at {count(LONG)} tokens
            </span>
          </span>
        </>
      }
    >
      <h2>Memory</h2>
      <Chart {...chart} width={320} height={120} />
      <p>
        <b className="meter-state">This model’s whole memory</b> of the text is <b>{bytes(state)}</b>. It
        stays that size at {count(LONG)} tokens.
      </p>
      <p>
        Standard attention keeps <b className="meter-cache">a key-value cache</b> instead. For a model of this
        shape, a float16 cache would take{' '}
        {tokens === null
          ? ''
          : `${bytes(cacheBytes(config, 1 + tokens))} after these ${count(tokens)} tokens and `}
        {bytes(cacheBytes(config, LONG))} after {count(LONG)}.
      </p>
      <p>
        <b>Snapshots</b> for fast undo add at most {bytes(SNAPSHOT_BUDGET)}. Now: {kept},{' '}
        {bytes(figures?.snapshotBytes ?? 0)}.
      </p>
      {ms ? (
        <p>
          <b>The last generation</b> took {milliseconds(ms)} per token: {perSecond(1000 / ms)} tokens/s.
        </p>
      ) : null}
      {windowBytes === null ? null : (
        <p>
          <b>The open lens</b> adds {bytes(windowBytes)} for its window of the text and {bytes(state)} for a
          state of its own. Closing it frees both.
        </p>
      )}
    </Popover>
  );
}

const LINGER = 4000; // ms that the speed stays after a generation, which may be too short to read it

/** The speed and the number of tokens, while the model writes and for a moment after; else null. */
function useSpeed(tokens: number | null): ReactNode {
  const isWriting = usePlaygroundState(({ work }) => work.phase === 'writing');
  const ms = usePlaygroundState(({ figures }) => figures?.msPerToken ?? null);
  const [isShown, setShown] = useState(false);
  useEffect(() => {
    if (isWriting) return setShown(true);
    const timer = setTimeout(() => setShown(false), LINGER);
    return () => clearTimeout(timer);
  }, [isWriting]);
  if (!isShown || !ms || !tokens) return null;
  return (
    <>
      <b>{perSecond(1000 / ms)}</b> tokens/s · {count(tokens)} tokens
    </>
  );
}

interface ChartProps {
  readonly config: Config;
  /** Null until the model has read the text. */
  readonly tokens: number | null;
  /** bytes */
  readonly state: number;
  readonly width: number;
  readonly height: number;
}

const MARGIN = 3; // room for the dots

/** Bytes by tokens, from 0 to beyond the current position and beyond the crossing of the two lines. */
function Chart({ config, tokens, state, width, height }: ChartProps) {
  const crossing = state / cacheBytes(config, 1);
  const here = tokens ?? 0;
  const span = Math.max(1.25 * here, 2 * crossing);
  const top = cacheBytes(config, span);
  const x = (n: number) => MARGIN + (n / span) * (width - 2 * MARGIN);
  const y = (n: number) => height - MARGIN - (n / top) * (height - 2 * MARGIN);
  const now = cacheBytes(config, here);
  return (
    <svg
      className="chart"
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      aria-hidden="true"
    >
      <path className="chart-ahead" d={`M${x(here)} ${y(now)}L${x(span)} ${y(top)}`} />
      <path className="chart-cache" d={`M${x(0)} ${y(0)}L${x(here)} ${y(now)}`} />
      <path className="chart-state" d={`M${x(0)} ${y(state)}H${x(span)}`} />
      {tokens === null ? null : (
        <>
          <circle className="chart-cache-now" cx={x(here)} cy={y(now)} r="2.5" />
          <circle className="chart-state-now" cx={x(here)} cy={y(state)} r="2.5" />
        </>
      )}
    </svg>
  );
}
