import { commandOf } from '../../commands';
import { count, milliseconds, perSecond } from '../../format';
import { tipOf } from '../../keyboard/labels';
import { usePlayground, usePlaygroundState } from '../../playground-context';
import { countTokens, endsArticle, endsInSampled } from '../../store/document/text-value';
import { MemoryMeter } from '../cards/MemoryMeter';
import { CommandButton } from '../controls/CommandButton';
import { OneTokenIcon, RedoIcon, RegenerateIcon, StopIcon, UndoIcon, WriteIcon } from '../controls/icons';
import { StatusStrip } from './StatusStrip';

/** The bar below the text: buttons to generate, speed, position and memory. */
export function ActionBar() {
  return (
    <section className="action-bar" aria-label="Writing">
      <StatusStrip />
      <div className="action-row">
        <Actions />
        <Figures />
        <MemoryMeter />
      </div>
    </section>
  );
}

function Actions() {
  return (
    <div className="actions">
      <WriteButton />
      <CommandButton command="one-token">
        <OneTokenIcon />
      </CommandButton>
      <CommandButton command="regenerate">
        <RegenerateIcon />
      </CommandButton>
      <span className="divider" />
      <CommandButton command="undo">
        <UndoIcon />
      </CommandButton>
      <CommandButton command="redo">
        <RedoIcon />
      </CommandButton>
    </div>
  );
}

/** Generates or stops; the label names the action. */
function WriteButton() {
  const playground = usePlayground();
  const { phase } = usePlaygroundState((state) => state.work);
  const length = usePlaygroundState((state) => state.settings.length);
  const label = usePlaygroundState(({ history }) => {
    const runs = history?.present.runs ?? [];
    if (endsArticle(runs)) return 'Next article';
    return endsInSampled(runs) ? 'Continue' : 'Generate';
  });
  if (phase === 'idle')
    return (
      <button
        type="button"
        className="write-button"
        data-tip={tipOf(commandOf('generate'), `Generate ${count(length)} tokens`)}
        onClick={() => playground.generate()}
      >
        <WriteIcon /> {label}
      </button>
    );
  return (
    <button
      type="button"
      className="write-button"
      data-tip={tipOf(commandOf('stop'))}
      onClick={() => playground.stop()}
    >
      <StopIcon /> {phase === 'stopping' ? 'Stopping' : 'Stop'}
    </button>
  );
}

function Figures() {
  const ms = usePlaygroundState((state) => state.figures?.msPerToken ?? null);
  const position = usePlaygroundState((state) =>
    state.history ? countTokens(state.history.present.runs) : null,
  );
  return (
    <dl className="figures">
      {ms ? (
        <div>
          <dt>Speed</dt>
          <dd>
            <b>{perSecond(1000 / ms)}</b> tokens/s · {milliseconds(ms)}
            <span className="wide-only"> per token</span>
          </dd>
        </div>
      ) : null}
      {position ? (
        <div>
          <dt>Position</dt>
          <dd data-tip="Tokens that the model has read or written in this text">
            <b>{count(position)}</b> tokens
          </dd>
        </div>
      ) : null}
    </dl>
  );
}
