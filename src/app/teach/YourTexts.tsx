import { useStore } from 'zustand';
import { plainText } from '../../model/text/text';
import type { NamedText } from '../../workers/teaching/teach-client';
import { usePlayground } from '../playground-context';
import { nameOf } from '../store/library/text-storage';

/** Adds one of the texts under Your texts. */
export function YourTexts({ onAdd }: { onAdd(text: NamedText): void }) {
  const { texts } = usePlayground();
  const entries = useStore(texts.store, (state) => state.entries);
  if (!entries.length) return null;
  const add = async (id: string) => {
    const item = await texts.read(id);
    if (item) onAdd({ name: nameOf(item.entry), file: new Blob([plainText(item.text.runs)]) });
  };
  return (
    <label className="teach-texts">
      Add one of Your texts
      <select value="" onChange={({ target }) => void add(target.value)}>
        <option value="" disabled>
          Choose a text
        </option>
        {entries.map((entry) => (
          <option key={entry.id} value={entry.id}>
            {nameOf(entry)}
          </option>
        ))}
      </select>
    </label>
  );
}
