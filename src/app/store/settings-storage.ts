import { chosenBackend } from '../address';
import type { Playground } from './playground';
import { isSame } from './presets';
import { parseSettings, type Settings } from './settings';

const KEY = 'settings';

export function readSettings(): Settings {
  try {
    return parseSettings(JSON.parse(localStorage.getItem(KEY) ?? 'null'));
  } catch {
    return parseSettings(null);
  }
}

/** Keeps the settings; a backend that the address chose stays a matter of that address. Presets are those of all tabs. */
export function keepSettings(playground: Playground): void {
  window.addEventListener('storage', ({ key }) => {
    const { presets } = readSettings();
    const { settings } = playground.store.getState();
    if (key === KEY && !isSame(presets, settings.presets))
      playground.store.setState({ settings: { ...settings, presets } });
  });
  playground.store.subscribe(({ settings }, before) => {
    if (settings === before.settings) return;
    const backend = chosenBackend() ? readSettings().backend : settings.backend;
    try {
      localStorage.setItem(KEY, JSON.stringify({ ...settings, backend }));
    } catch {
      // A browser that keeps nothing: the settings hold until the page closes.
    }
  });
}
