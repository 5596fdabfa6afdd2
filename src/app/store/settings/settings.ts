import type { Manifest } from '../../../model/runtime/folder';
import { DEFAULT_SAMPLER, type Sampling } from '../../../model/sampling/sampling';
import type { BackendChoice } from '../../../workers/messages';

export type Sampler = Omit<Sampling, 'seed'>;

export interface Settings {
  /** Only the changed settings. The others are the defaults in the model's manifest. */
  readonly sampler: Partial<Sampler>;
  readonly seed: number;
  /** Draw a new seed for each generation. */
  readonly randomSeed: boolean;
  /** Maximum number of tokens per generation. */
  readonly length: number;
  readonly atArticleEnd: 'stop' | 'continue';
  /** Texts that end a generation. */
  readonly stopSequences: readonly string[];
  /** Maximum rate, so that a reader can follow the text; 0: no limit. */
  readonly tokensPerSecond: number;
  readonly backend: BackendChoice;
  /** The user's presets. */
  readonly presets: readonly Preset[];
}

/** The settings of a preset: sampling and length, but neither the seed nor the backend. */
export type PresetSettings = Pick<
  Settings,
  'sampler' | 'length' | 'atArticleEnd' | 'stopSequences' | 'tokensPerSecond'
>;

export interface Preset {
  readonly name: string;
  readonly settings: Partial<PresetSettings>;
}

export interface Range {
  readonly min: number;
  readonly max: number;
  readonly step: number;
}

export const RANGES = {
  temperature: { min: 0, max: 2, step: 0.05 },
  topK: { min: 0, max: 200, step: 1 },
  topP: { min: 0.05, max: 1, step: 0.01 },
  minP: { min: 0, max: 0.5, step: 0.01 },
  repetitionPenalty: { min: 1, max: 2, step: 0.05 },
  sequencePenalty: { min: 0, max: 2, step: 0.05 },
  length: { min: 1, max: 4096, step: 1 },
  tokensPerSecond: { min: 0, max: 100, step: 1 },
  seed: { min: 0, max: 2 ** 32 - 1, step: 1 },
} as const satisfies Record<string, Range>;

/** The names of the numbers in the settings. */
export const SETTING_NAMES: Readonly<Record<keyof typeof RANGES, string>> = {
  temperature: 'Temperature',
  topP: 'Top-p',
  minP: 'Min-p',
  topK: 'Top-k',
  repetitionPenalty: 'Repetition penalty',
  sequencePenalty: 'Sequence penalty',
  seed: 'Seed',
  length: 'Length in tokens',
  tokensPerSecond: 'Speed limit, tokens/s',
};

export const DEFAULTS: Settings = {
  sampler: {},
  seed: 1,
  randomSeed: true,
  length: 256,
  atArticleEnd: 'stop',
  stopSequences: [],
  tokensPerSecond: 60,
  backend: 'auto',
  presets: [],
};

/** The sampler settings: the user's changes over the defaults of the model. */
export function samplerOf(settings: Settings, manifest: Manifest | null): Sampler {
  return { ...DEFAULT_SAMPLER, ...manifest?.sampling, ...settings.sampler };
}

/** The settings that sample the next token. */
export function samplingOf(settings: Settings, manifest: Manifest | null): Sampling {
  return { ...samplerOf(settings, manifest), seed: settings.seed };
}

/** Clamps foreign settings to the ranges of the page. */
export function withinRanges(sampling: Sampling): Sampling {
  const keys = Object.keys(sampling) as (keyof Sampling)[];
  return Object.fromEntries(
    keys.map((key) => [key, clamp(sampling[key], RANGES[key])]),
  ) as unknown as Sampling;
}

export function isBackendChoice(value: unknown): value is BackendChoice {
  return value === 'auto' || value === 'webgpu' || value === 'cpu' || value === 'reference';
}

/** Parses stored settings. A missing or invalid value becomes the default. */
export function parseSettings(stored: unknown): Settings {
  const from = recordOf<Settings>(stored);
  return {
    ...parsePreset(from),
    seed: inRange(from.seed, RANGES.seed) ? from.seed : DEFAULTS.seed,
    randomSeed: typeof from.randomSeed === 'boolean' ? from.randomSeed : DEFAULTS.randomSeed,
    backend: isBackendChoice(from.backend) ? from.backend : 'auto',
    presets: Array.isArray(from.presets) ? from.presets.flatMap(parseNamed) : [],
  };
}

function parseNamed(stored: unknown): Preset[] {
  const { name, settings } = recordOf<Preset>(stored);
  return typeof name === 'string' && name ? [{ name, settings: parsePreset(recordOf(settings)) }] : [];
}

function parsePreset(from: Partial<PresetSettings>): PresetSettings {
  const sampler: Partial<Record<keyof Sampler, number>> = {};
  for (const key of Object.keys(DEFAULT_SAMPLER) as (keyof Sampler)[]) {
    const value = from.sampler?.[key];
    if (value !== undefined && inRange(value, RANGES[key])) sampler[key] = value;
  }
  const { tokensPerSecond, stopSequences } = from;
  return {
    sampler,
    length: inRange(from.length, RANGES.length) ? from.length : DEFAULTS.length,
    atArticleEnd: from.atArticleEnd === 'continue' ? 'continue' : 'stop',
    stopSequences: Array.isArray(stopSequences)
      ? stopSequences.filter((s) => typeof s === 'string' && s)
      : [],
    tokensPerSecond: inRange(tokensPerSecond, RANGES.tokensPerSecond)
      ? tokensPerSecond
      : DEFAULTS.tokensPerSecond,
  };
}

function recordOf<T>(stored: unknown): Partial<T> {
  return typeof stored === 'object' && stored !== null ? stored : {};
}

/** Parses typed stop sequences: one per line, with \\n for a line break. */
export function parseStops(typed: string): string[] {
  const lines = typed.split('\n').filter(Boolean);
  return lines.map((line) => line.replace(/\\([\\n])/g, (_, sign) => (sign === 'n' ? '\n' : '\\')));
}

export function showStops(sequences: readonly string[]): string {
  return sequences.map((s) => s.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')).join('\n');
}

/** Clamps a number to its range; with steps of 1 it is rounded. */
export function clamp(value: number, { min, max, step }: Range): number {
  const inside = Math.min(max, Math.max(min, value));
  return step === 1 ? Math.round(inside) : inside;
}

/** The next step of the range, up or down. A value between two steps moves to the next one in that direction. */
export function stepped(value: number, range: Range, by: 1 | -1): number {
  const { min, step } = range;
  const at = Number(((value - min) / step).toFixed(6)); // without the rounding errors of binary fractions
  const next = by > 0 ? Math.floor(at) + 1 : Math.ceil(at) - 1;
  return clamp(Number((min + next * step).toFixed(6)), range);
}

function inRange(value: unknown, range: Range): value is number {
  return typeof value === 'number' && Number.isFinite(value) && clamp(value, range) === value;
}
