import type { CSSProperties } from 'react';
import { commandOf } from '../../commands';
import { count } from '../../format';
import { tipOf } from '../../keyboard/labels';
import { usePlayground, usePlaygroundState } from '../../playground-context';
import { endsArticle, endsInSampled } from '../../store/document/text-value';
import { NARROW, useMedia } from '../../use-media';
import { MemoryMeter } from '../cards/MemoryMeter';
import { CommandButton } from '../controls/CommandButton';
import {
  CompareIcon,
  LensIcon,
  OneTokenIcon,
  RedoIcon,
  RegenerateIcon,
  StopIcon,
  UndoIcon,
  WriteIcon,
} from '../controls/icons';
import { LoadingNote } from './LoadingNote';
import { StatusStrip } from './StatusStrip';

/** The bar below the text: the buttons to generate, and the memory. */
export function ActionBar() {
  const isLoading = usePlaygroundState(({ engine }) => engine.phase === 'loading');
  return (
    <section className="action-bar" aria-label="Writing">
      <StatusStrip />
      <div className="action-row">
        <Actions />
        {isLoading ? <LoadingNote /> : <MemoryMeter />}
      </div>
    </section>
  );
}

function Actions() {
  const isNarrow = useMedia(NARROW);
  return (
    <div className="actions">
      <WriteButton />
      <CommandButton command="one-token">
        <OneTokenIcon />
      </CommandButton>
      <CommandButton command="regenerate">
        <RegenerateIcon />
      </CommandButton>
      {isNarrow ? null : (
        <CommandButton command="compare">
          <CompareIcon />
        </CommandButton>
      )}
      <span className="divider" />
      <CommandButton command="undo">
        <UndoIcon />
      </CommandButton>
      {isNarrow ? (
        <LensButton />
      ) : (
        <CommandButton command="redo">
          <RedoIcon />
        </CommandButton>
      )}
    </div>
  );
}

function LensButton() {
  const isOpen = usePlaygroundState(({ panel }) => panel === 'lens');
  return (
    <CommandButton command="lens" aria-expanded={isOpen}>
      <LensIcon /> Lens
    </CommandButton>
  );
}

/** Generates or stops; the label names the action. While the model loads, the arrived part fills the button. */
function WriteButton() {
  const playground = usePlayground();
  const { phase } = usePlaygroundState((state) => state.work);
  const length = usePlaygroundState((state) => state.settings.length);
  const loaded = usePlaygroundState(({ engine }) => {
    if (engine.phase !== 'loading') return null;
    return engine.progress ? Math.floor((100 * engine.progress.bytes) / engine.progress.total) : 0;
  });
  const label = usePlaygroundState(({ history }) => {
    const runs = history?.present.runs ?? [];
    if (endsArticle(runs)) return 'Next article';
    return endsInSampled(runs) ? 'Continue' : 'Generate';
  });
  const filled = { '--loaded': `${loaded ?? 0}%` } as CSSProperties;
  if (phase === 'idle')
    return (
      <button
        type="button"
        className="write-button"
        style={filled}
        data-tip={tipOf(commandOf('generate'), `Generate ${count(length)} tokens`)}
        onClick={() => playground.generate()}
      >
        <WriteIcon />
        <span>
          {label}
          {loaded === null ? null : (
            <small>
              <span className="for-listeners"> · </span>loading {loaded}%
            </small>
          )}
        </span>
      </button>
    );
  return (
    <button
      type="button"
      className="write-button"
      style={filled}
      data-tip={tipOf(commandOf('stop'))}
      onClick={() => playground.stop()}
    >
      <StopIcon /> {phase === 'stopping' ? 'Stopping' : 'Stop'}
    </button>
  );
}
