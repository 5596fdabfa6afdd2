import { usePlayground, usePlaygroundState } from '../../playground-context';

/** Shown instead of token views when the tokens belong to another model; the button reads the text with this model. */
export function ForeignText() {
  const playground = usePlayground();
  const hasStart = usePlaygroundState(({ history }) => history?.present.start !== undefined);
  if (hasStart) return <p className="hint">Another model wrote this text and the state before it.</p>;
  return (
    <p className="hint">
      Another model wrote the tokens of this text. This model can read the words as typed text. Undo restores
      the tokens.{' '}
      <button type="button" className="worded" onClick={() => playground.readAsTyped()}>
        Read it with this model
      </button>
    </p>
  );
}
