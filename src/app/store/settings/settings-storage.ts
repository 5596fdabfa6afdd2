import type { StoreApi } from 'zustand/vanilla';
import { attempt } from '../library/outcome';
import { siteStorage } from '../library/web-storage';
import type { PlaygroundState } from '../state';
import { isSame } from './presets';
import { type Preset, parseSettings, type Settings } from './settings';

const KEY = 'settings';

export function readSettings(): Settings {
  return parseSettings(stored());
}

/**
 * Stores each setting that changes; the others keep the value that another tab may have stored. Tabs share their presets.
 * @param hasAddressBackend whether the address of the page selects the backend: then the backend is not stored
 */
export function keepSettings(store: StoreApi<PlaygroundState>, hasAddressBackend: () => boolean): void {
  window.addEventListener('storage', ({ key }) => {
    const { presets } = readSettings();
    const { settings } = store.getState();
    if (key === KEY && !isSame(presets, settings.presets))
      store.setState({ settings: { ...settings, presets } });
  });
  store.subscribe(({ settings }, before) => {
    if (settings === before.settings) return;
    const [old, now] = [before.settings, settings].map((all) => choices(all, hasAddressBackend()));
    if (isSame(old, now)) return;
    // If this fails, the settings last until the page closes.
    siteStorage.set(KEY, JSON.stringify(withChange(stored(), old, now)));
  });
}

/** The user's choices: without a random seed, and without the backend if the address selects it. */
function choices({ seed, backend, ...others }: Settings, hasAddressBackend: boolean): Partial<Settings> {
  const { randomSeed } = others;
  return { ...others, ...(!randomSeed && { seed }), ...(!hasAddressBackend && { backend }) };
}

type Plain = Record<string, unknown>;

/** Applies the difference between `before` and `after` to `stored`, field by field and preset by preset. */
export function withChange(stored: Plain, before: Plain, after: Plain): Plain {
  const result = { ...stored };
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [old, now] = [before[key], after[key]];
    if (isSame(old, now)) continue;
    if (key === 'sampler') result[key] = withChange(plain(stored[key]), plain(old), plain(now));
    else if (key === 'presets') result[key] = withPresets(list(stored[key]), list(old), list(now));
    else if (now === undefined) delete result[key];
    else result[key] = now;
  }
  return result;
}

function withPresets(stored: Preset[], before: Preset[], after: Preset[]): Preset[] {
  const isIn = (presets: Preset[]) => (preset: Preset) => presets.some((other) => isSame(other, preset));
  const isNamedIn = (presets: Preset[]) => (preset: Preset) =>
    presets.some(({ name }) => name === preset.name);
  const set = after.filter((preset) => !isIn(before)(preset));
  const deleted = before.filter((preset) => !isNamedIn(after)(preset));
  return [...stored.filter((preset) => !isNamedIn([...set, ...deleted])(preset)), ...set];
}

function stored(): Plain {
  const content = siteStorage.get(KEY);
  const parsed = attempt(() => JSON.parse((content.ok && content.value) || '{}'));
  return plain(parsed.ok ? parsed.value : null);
}

const plain = (value: unknown): Plain =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Plain) : {};
const list = (value: unknown): Preset[] => (Array.isArray(value) ? value : []);
