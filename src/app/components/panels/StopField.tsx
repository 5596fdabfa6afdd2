import { useId, useState } from 'react';
import { usePlayground, usePlaygroundState } from '../../playground-context';
import { parseStops, showStops } from '../../store/settings/settings';

/** Stop sequences, one per line. */
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
        Stop when any of these appears. One per line; \n is a line break.
      </small>
    </div>
  );
}
