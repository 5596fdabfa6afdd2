import { Dialog } from '@base-ui/react/dialog';
import { type RefObject, useEffect, useRef } from 'react';
import { plainText } from '../../../model/text/text';
import { perSecond } from '../../format';
import { usePlayground, usePlaygroundState } from '../../playground-context';
import { lastOf } from '../../store/document/graphemes';
import { FEWEST, MOST } from '../../store/engine/comparison';
import { CloseIcon, StopIcon, WriteIcon } from '../controls/icons';
import { NumberField } from '../controls/NumberField';
import { CompareColumn } from './CompareColumn';

/** Generates several continuations side by side, in a dialog; the user keeps one. */
export default function CompareSheet() {
  const playground = usePlayground();
  const { comparison } = playground;
  const count = usePlaygroundState((state) => state.comparison.continuations.length);
  useEffect(() => comparison.prepare(), [comparison]);
  const first = useRef<HTMLButtonElement>(null);
  const close = () => {
    comparison.leave();
    playground.openCard(null);
  };
  const keep = (n: number, goesOn: boolean) => {
    comparison.keep(n);
    playground.openCard(null);
    if (goesOn) void playground.generate();
  };
  return (
    <Dialog.Root open onOpenChange={close}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className="compare" initialFocus={first}>
          <div className="compare-head">
            <Dialog.Title>Compare continuations</Dialog.Title>
            <button type="button" className="quiet-button" aria-label="Close" onClick={close}>
              <CloseIcon />
            </button>
          </div>
          <Controls writeButton={first} />
          <Ending />
          <div className="compare-columns">
            {Array.from({ length: count }, (_, n) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a continuation is its number
              <CompareColumn key={n} number={n} onKeep={(goesOn) => keep(n, goesOn)} />
            ))}
          </div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Controls({ writeButton }: { writeButton: RefObject<HTMLButtonElement | null> }) {
  const playground = usePlayground();
  const { comparison } = playground;
  const { continuations, isRunning, msPerToken } = usePlaygroundState((state) => state.comparison);
  const { phase } = usePlaygroundState((state) => state.work);
  const problem = usePlaygroundState((state) => state.problem);
  const isTaught = usePlaygroundState(
    ({ engine, history }) =>
      engine.phase === 'ready' && engine.info.manifest.taught && !history?.present.start,
  );
  const isWorking = phase !== 'idle';
  return (
    <div className="compare-controls">
      {isWorking ? (
        <button type="button" className="write-button" onClick={() => playground.stop()}>
          <StopIcon /> {phase === 'stopping' ? 'Stopping' : 'Stop'}
        </button>
      ) : (
        <button
          ref={writeButton}
          type="button"
          className="write-button"
          onClick={() => void comparison.start()}
        >
          <WriteIcon /> {continuations.some(({ runs }) => runs.length) ? 'Generate again' : 'Generate all'}
        </button>
      )}
      <NumberField
        name="How many"
        value={continuations.length}
        range={{ min: FEWEST, max: MOST, step: 1 }}
        disabled={isWorking}
        onChange={(count) => comparison.setCount(count)}
      />
      <button
        type="button"
        className="worded"
        disabled={isWorking}
        onClick={() => comparison.differBy('seed')}
      >
        Vary the seed
      </button>
      <button
        type="button"
        className="worded"
        disabled={isWorking}
        onClick={() => comparison.differBy('temperature')}
      >
        Vary the temperature
      </button>
      {isTaught ? (
        <button
          type="button"
          className="worded"
          disabled={isWorking}
          onClick={() => comparison.differBy('strength')}
        >
          Vary the strength
        </button>
      ) : null}
      <p className="compare-speed" role="status">
        {phase === 'waiting' ? 'Waiting for the model.' : ''}
        {phase === 'reading' ? 'Reading your text.' : ''}
        {problem ? `${problem.message} ${problem.remedy}` : ''}
        {msPerToken && !isRunning ? `${perSecond(1000 / msPerToken)} tokens/s in total` : ''}
      </p>
    </div>
  );
}

const SHOWN = 120; // characters

/** The end of the text that the continuations start from. */
function Ending() {
  const runs = usePlaygroundState((state) => state.history?.present.runs);
  if (!runs) return null;
  const text = plainText(runs.slice(-4)).replace(/\s+/g, ' ');
  const end = text.length > SHOWN ? `… ${lastOf(text, SHOWN).replace(/^\S*\s/, '')}` : text;
  return end.trim() ? <p className="compare-ending">{end}</p> : null;
}
