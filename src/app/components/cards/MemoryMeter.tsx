import { type ReactNode, useEffect, useState } from 'react';
import { cacheBytes } from '../../../model/runtime/snapshot';
import { bytes, count, perSecond } from '../../format';
import { usePlaygroundState } from '../../playground-context';
import { countTokens } from '../../store/document/text-value';
import type { PlaygroundState } from '../../store/state';
import { Popover } from '../controls/Popover';
import { late } from '../late';

const Memory = late(() => import('./Memory'), { name: 'The description of the memory' });

const LONG = 100_000; // tokens, for comparison

/** The memory of the state, which is the same at every length, and that of a key-value cache, which grows. */
export function MemoryMeter() {
  const engine = usePlaygroundState((state) => state.engine);
  const tokens = usePlaygroundState(tokensRead);
  const speed = useSpeed(tokens);
  if (engine.phase !== 'ready') return null;
  const { config, stateBytes } = engine.info;
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
                  <b className="meter-state">{bytes(stateBytes)}</b> of memory at any length
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
      <Memory config={config} state={stateBytes} tokens={tokens} far={LONG} />
    </Popover>
  );
}

/** The tokens of the text, and those of the saved state that it continues from; null while they are unknown. */
function tokensRead({ history }: PlaygroundState): number | null {
  if (!history) return null;
  const { start, runs } = history.present;
  const tokens = countTokens(runs);
  return tokens === null ? null : tokens + (start ? start.length - 1 : 0);
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
