import { MAX_RANK } from '../../model/finetuning/adapter';
import type { TeachingSettings } from '../../model/finetuning/teaching';
import { lesson } from './lesson';

const FIELDS = [
  { key: 'rank', name: 'Rank', min: 1, max: MAX_RANK, step: 1, about: 'The size of the adapter.' },
  { key: 'rounds', name: 'Rounds', min: 1, max: 100, step: 1, about: 'How often it reads the text.' },
  { key: 'rate', name: 'Learning rate', min: 0.0001, max: 1, step: 0.0001, about: 'The size of a step.' },
] as const;

/** The settings of a lesson, folded. @param hasRank false: the rank is that of the adapter that learns more */
export function SettingsFields({ settings, hasRank }: { settings: TeachingSettings; hasRank: boolean }) {
  return (
    <details className="teach-settings">
      <summary>More</summary>
      {FIELDS.map(({ key, name, about, ...range }) => (
        <label key={key}>
          {name}
          <input
            type="number"
            {...range}
            {...(key === 'rank' && !hasRank
              ? { value: settings.rank, disabled: true }
              : { defaultValue: settings[key] })}
            onChange={({ target }) => {
              if (target.validity.valid && target.value) lesson.set({ [key]: target.valueAsNumber });
            }}
          />
          <small>{about}</small>
        </label>
      ))}
    </details>
  );
}
