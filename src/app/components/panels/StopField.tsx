import { useId, useState } from 'react';
import { usePlayground, usePlaygroundState } from '../../playground-context';
import { parseStops, showStops } from '../../store/settings/settings';

/** Texts at which the model stops, one on each line. */
export function StopField() {
  const playground = usePlayground();
  const { stopSequences } = usePlaygroundState((state) => state.settings);
  const [draft, setDraft] = useState<string | null>(null);
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>Stop at</label>
      <textarea
        id={id}
        rows={2}
        spellCheck={false}
        aria-describedby={`${id}-hint`}
        value={draft ?? showStops(stopSequences)}
        onChange={(event) => {
          setDraft(event.target.value);
          playground.set({ stopSequences: parseStops(event.target.value) }, 'stop');
        }}
        onBlur={() => setDraft(null)}
      />
      <small id={`${id}-hint`} className="hint">
        Texts that end a press’s writing, one on each line; \n stands for the end of a line.
      </small>
    </div>
  );
}
