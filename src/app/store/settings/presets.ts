import type { Settings } from './settings';

/** What a preset sets: how words are chosen and how far a press writes; not the seed, and not the machine. */
export type PresetSettings = Pick<
  Settings,
  'sampler' | 'length' | 'atArticleEnd' | 'stopSequences' | 'tokensPerSecond'
>;

export interface Preset {
  readonly name: string;
  readonly settings: Partial<PresetSettings>;
}

/** Those that everybody has; they leave alone how far a press writes. */
export const BUILT_IN: readonly Preset[] = [
  { name: 'Default', settings: { sampler: {} } },
  { name: 'Precise', settings: { sampler: { temperature: 0.5, topP: 0.9 } } },
  { name: 'Creative', settings: { sampler: { temperature: 1.2, topP: 0.98, minP: 0.05 } } },
  { name: 'Greedy', settings: { sampler: { temperature: 0 } } },
];

export function presetsOf({ presets }: Settings): readonly Preset[] {
  return [...BUILT_IN, ...presets];
}

/** The preset whose settings are in force; a person's own come first, since they say more. */
export function presetInForce(settings: Settings): Preset | null {
  const holds = ({ settings: preset }: Preset) =>
    Object.entries(preset).every(([key, value]) => isSame(value, settings[key as keyof PresetSettings]));
  return presetsOf(settings).findLast(holds) ?? null;
}

/** Keeps the settings in force by a name, in place of the preset that has it. */
export function withPreset(settings: Settings, name: string): readonly Preset[] {
  const { sampler, length, atArticleEnd, stopSequences, tokensPerSecond } = settings;
  const preset = { name, settings: { sampler, length, atArticleEnd, stopSequences, tokensPerSecond } };
  return [...withoutPreset(settings, name), preset];
}

export function withoutPreset({ presets }: Settings, name: string): readonly Preset[] {
  return presets.filter((preset) => preset.name !== name);
}

/** Values of settings, which are small; the order of a sampler's keys says nothing. */
export function isSame(a: unknown, b: unknown): boolean {
  const plain = (value: unknown) =>
    JSON.stringify(value, (_key, inner) =>
      inner && typeof inner === 'object' && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).sort())
        : inner,
    );
  return plain(a) === plain(b);
}
