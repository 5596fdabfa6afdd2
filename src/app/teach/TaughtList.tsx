import { useCallback, useEffect, useState } from 'react';
import { useStore } from 'zustand';
import type { TaughtModel } from '../../workers/teaching/teach-client';
import { listTaughtModels, type TaughtEntry } from '../taught-models';
import { lesson } from './lesson';
import { TaughtItem } from './TaughtItem';

/** The taught models of this browser. The newest is open. @param onTeachMore null during a lesson */
export function TaughtList({ onTeachMore }: { onTeachMore: ((taught: TaughtModel) => void) | null }) {
  const newest = useStore(lesson.store, (state) => state.taught);
  const [entries, setEntries] = useState<readonly TaughtEntry[]>([]);
  const refresh = useCallback(async () => setEntries(await listTaughtModels()), []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: again after a lesson
  useEffect(() => void refresh(), [refresh, newest]);
  if (!entries.length) return null;
  const isNewest = ({ model }: TaughtEntry) => model.adapter.digest === newest?.adapter.digest;
  const inOrder = [...entries.filter(isNewest), ...entries.filter((entry) => !isNewest(entry))];
  return (
    <section className="teach-part" aria-label="Taught models">
      <h3>Taught models</h3>
      <ul className="teach-list">
        {inOrder.map((entry) => (
          <TaughtItem
            key={entry.model.adapter.digest}
            entry={entry}
            isOpen={isNewest(entry)}
            onChange={refresh}
            onTeachMore={onTeachMore}
          />
        ))}
      </ul>
      <p>
        <small>To add an adapter from a file, drop its zip on the page behind.</small>
      </p>
    </section>
  );
}
