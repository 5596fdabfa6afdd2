import type { Preset, PresetSettings, Settings } from './settings';

/** The built-in presets. They do not change the length. */
export const BUILT_IN: readonly Preset[] = [
  { name: 'Default', settings: { sampler: {} } },
  { name: 'Precise', settings: { sampler: { temperature: 0.5, topP: 0.9 } } },
  { name: 'Creative', settings: { sampler: { temperature: 1.2, topP: 0.98, minP: 0.05 } } },
  { name: 'Greedy', settings: { sampler: { temperature: 0 } } },
];

export function presetsOf({ presets }: Settings): readonly Preset[] {
  return [...BUILT_IN, ...presets];
}

/** The preset that matches the settings. The user's own come first, because they set more. */
export function presetInForce(settings: Settings): Preset | null {
  const holds = ({ settings: preset }: Preset) =>
    Object.entries(preset).every(([key, value]) => isSame(value, settings[key as keyof PresetSettings]));
  return presetsOf(settings).findLast(holds) ?? null;
}

/** Saves the settings as a preset, and replaces the preset of that name. */
export function withPreset(settings: Settings, name: string): readonly Preset[] {
  const { sampler, length, atArticleEnd, stopSequences, tokensPerSecond } = settings;
  const preset = { name, settings: { sampler, length, atArticleEnd, stopSequences, tokensPerSecond } };
  return [...withoutPreset(settings, name), preset];
}

export function withoutPreset({ presets }: Settings, name: string): readonly Preset[] {
  return presets.filter((preset) => preset.name !== name);
}

/** Deep equality of settings. The order of keys does not matter. */
export function isSame(a: unknown, b: unknown): boolean {
  const plain = (value: unknown) =>
    JSON.stringify(value, (_key, inner) =>
      inner && typeof inner === 'object' && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).sort())
        : inner,
    );
  return plain(a) === plain(b);
}
