import { CSPProvider } from '@base-ui/react/csp-provider';
import { Select } from '@base-ui/react/select';
import { useId, useState } from 'react';
import { keyOf } from '../../keyboard/chord';
import { usePlayground, usePlaygroundState } from '../../playground-context';
import { BUILT_IN, presetInForce, presetsOf, withoutPreset, withPreset } from '../../store/settings/presets';
import { ChevronIcon } from '../controls/icons';

const OTHER = 'Custom';

/** Applies, saves and deletes presets. */
export function PresetField() {
  const playground = usePlayground();
  const settings = usePlaygroundState((state) => state.settings);
  const id = useId();
  // A user's preset from an older version may have the name of a built-in one, and then replaces it in the list.
  const names = [...new Set(presetsOf(settings).map(({ name }) => name))];
  const inForce = presetInForce(settings)?.name ?? null;
  const isOwn = settings.presets.some(({ name }) => name === inForce);
  const take = (name: string | null, { reason }: Select.Root.ChangeEventDetails) => {
    if (reason === 'none') return; // the current preset was deleted; the settings stay
    const preset = presetsOf(settings).findLast((preset) => preset.name === name);
    if (preset) playground.set(preset.settings);
  };
  return (
    <fieldset>
      <legend>Preset</legend>
      <CSPProvider disableStyleElements>
        <Select.Root value={inForce} onValueChange={take}>
          <Select.Trigger className="select" aria-label="Preset" id={id}>
            <Select.Value>{(name: string | null) => name ?? OTHER}</Select.Value>
            <Select.Icon>
              <ChevronIcon />
            </Select.Icon>
          </Select.Trigger>
          <Select.Portal>
            <Select.Positioner className="overlay" sideOffset={4} alignItemWithTrigger={false}>
              <Select.Popup className="select-list">
                {names.map((name) => (
                  <Select.Item key={name} value={name} className="palette-item">
                    <Select.ItemText>{name}</Select.ItemText>
                  </Select.Item>
                ))}
              </Select.Popup>
            </Select.Positioner>
          </Select.Portal>
        </Select.Root>
      </CSPProvider>
      <details>
        <summary>Save as preset</summary>
        <KeepPreset />
      </details>
      {isOwn ? (
        <button
          type="button"
          className="worded"
          onClick={() => playground.set({ presets: withoutPreset(settings, inForce!) })}
        >
          <span>
            Delete “<bdi>{inForce}</bdi>”
          </span>
        </button>
      ) : null}
    </fieldset>
  );
}

function KeepPreset() {
  const playground = usePlayground();
  const [name, setName] = useState('');
  const words = name.trim();
  const isTaken = BUILT_IN.some((preset) => preset.name === words);
  const keep = () => {
    if (!words || isTaken) return;
    playground.set({ presets: withPreset(playground.store.getState().settings, words) });
    setName('');
  };
  return (
    <div className="preset-name">
      <input
        type="text"
        dir="auto"
        aria-label="Name of a new preset"
        placeholder="Name"
        maxLength={40}
        value={name}
        onChange={(event) => setName(event.target.value)}
        onKeyDown={(event) => {
          if (keyOf(event.nativeEvent) === 'Enter') keep();
        }}
      />
      <button type="button" className="worded" disabled={!words || isTaken} onClick={keep}>
        Save
      </button>
    </div>
  );
}
