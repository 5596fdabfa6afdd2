import { chosenBackend } from '../../address';
import { attempt } from '../library/outcome';
import { siteStorage } from '../library/web-storage';
import type { Playground } from '../playground';
import { isSame } from './presets';
import { type Preset, parseSettings, type Settings } from './settings';

const KEY = 'settings';

export function readSettings(): Settings {
  return parseSettings(stored());
}

/** Keeps each setting that is changed; the others stay as another tab may have set them. Presets are those of all tabs. */
export function keepSettings(playground: Playground): void {
  window.addEventListener('storage', ({ key }) => {
    const { presets } = readSettings();
    const { settings } = playground.store.getState();
    if (key === KEY && !isSame(presets, settings.presets))
      playground.store.setState({ settings: { ...settings, presets } });
  });
  playground.store.subscribe(({ settings }, before) => {
    if (settings === before.settings) return;
    const [old, now] = [choices(before.settings), choices(settings)];
    if (isSame(old, now)) return;
    // Where this fails, the settings hold until the page closes.
    siteStorage.set(KEY, JSON.stringify(withChange(stored(), old, now)));
  });
}

/** What a person chose: not a seed that is drawn anew for each generation, and not a backend that the address asks for. */
function choices({ seed, backend, ...others }: Settings): Partial<Settings> {
  const { randomSeed } = others;
  return { ...others, ...(!randomSeed && { seed }), ...(!chosenBackend() && { backend }) };
}

type Plain = Record<string, unknown>;

/** Makes in `stored` the change that leads from `before` to `after`, one field, or one preset, at a time. */
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
