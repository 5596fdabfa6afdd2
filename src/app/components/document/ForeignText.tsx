import { usePlayground } from '../../playground-context';

/** Where tokens would be looked at that are another model's: the way to look at these words with this one. */
export function ForeignText() {
  const playground = usePlayground();
  return (
    <p className="hint">
      The tokens of this text are another model’s. This one can read the words as if they had been typed; undo
      brings the tokens back.
      <button type="button" className="worded" onClick={() => playground.readAsTyped()}>
        Read it with this model
      </button>
    </p>
  );
}
