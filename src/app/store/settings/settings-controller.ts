import type { StoreApi } from 'zustand/vanilla';
import type { PlaygroundState } from '../state';
import { isSame } from './presets';
import type { Sampler, Settings } from './settings';

const STEPS = 200;
const PAUSE = 1200; // ms; a later change of the same field is a separate step

/** Changes settings. They have their own undo history, so that undo in the text never changes a hidden setting. */
export class SettingsController {
  private readonly page: StoreApi<PlaygroundState>;
  private readonly session: { load(): void };
  private readonly now: () => number;
  private last: { field: string; until: number } | null = null;

  constructor(page: StoreApi<PlaygroundState>, session: { load(): void }, now: () => number) {
    this.page = page;
    this.session = session;
    this.now = now;
  }

  /** @param field a number field or slider: changes of it within a pause are one step */
  set(change: Partial<Settings>, field: string | null = null): void {
    const { settings, settingsHistory } = this.page.getState();
    const next = { ...settings, ...change };
    if (isSame(next, settings)) return;
    const joins = field !== null && this.last?.field === field && this.now() < this.last.until;
    const { past } = settingsHistory;
    this.last = field === null ? null : { field, until: this.now() + PAUSE };
    this.page.setState({
      settings: next,
      settingsHistory: { past: joins ? past : [...past, settings].slice(-STEPS), future: [] },
    });
  }

  setSampler(change: Partial<Sampler>): void {
    const { sampler } = this.page.getState().settings;
    this.set({ sampler: { ...sampler, ...change } }, Object.keys(change).join());
  }

  undo(): void {
    const { settings, settingsHistory } = this.page.getState();
    const { past, future } = settingsHistory;
    if (!past.length) return;
    this.page.setState({ settingsHistory: { past: past.slice(0, -1), future: [settings, ...future] } });
    this.restore(past.at(-1)!);
  }

  redo(): void {
    const { settings, settingsHistory } = this.page.getState();
    const { past, future } = settingsHistory;
    if (!future.length) return;
    this.page.setState({ settingsHistory: { past: [...past, settings], future: future.slice(1) } });
    this.restore(future[0]);
  }

  private restore(to: Settings): void {
    const { settings } = this.page.getState();
    this.last = null;
    // A random seed is the seed of the last generation, not a choice of the user.
    this.page.setState({ settings: to.randomSeed ? { ...to, seed: settings.seed } : to });
    if (to.backend !== settings.backend) this.session.load();
  }
}
