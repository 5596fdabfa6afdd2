import { createStore, type StoreApi } from 'zustand/vanilla';
import type { PlaygroundState } from '../state';
import { isSame } from './presets';
import type { Settings } from './settings';

const STEPS = 200;
const PAUSE = 1200; // ms after which another change of a field is a step of its own

export interface SettingsHistory {
  readonly past: readonly Settings[];
  readonly future: readonly Settings[];
}

/** Changes of settings, with an undo of their own: that of the text must not turn knobs out of sight. */
export class SettingsController {
  readonly store = createStore<SettingsHistory>(() => ({ past: [], future: [] }));
  private readonly page: StoreApi<PlaygroundState>;
  private readonly session: { load(): void };
  private readonly now: () => number;
  private last: { field: string; until: number } | null = null;

  constructor(page: StoreApi<PlaygroundState>, session: { load(): void }, now: () => number) {
    this.page = page;
    this.session = session;
    this.now = now;
  }

  /** @param field a number being typed or a slider being moved: its changes within a pause are one step */
  set(change: Partial<Settings>, field: string | null = null): void {
    const { settings } = this.page.getState();
    const next = { ...settings, ...change };
    if (isSame(next, settings)) return;
    const goesOn = field !== null && this.last?.field === field && this.now() < this.last.until;
    const { past } = this.store.getState();
    this.store.setState({ past: goesOn ? past : [...past, settings].slice(-STEPS), future: [] });
    this.last = field === null ? null : { field, until: this.now() + PAUSE };
    this.page.setState({ settings: next });
  }

  undo(): void {
    const { past, future } = this.store.getState();
    if (!past.length) return;
    this.store.setState({ past: past.slice(0, -1), future: [this.page.getState().settings, ...future] });
    this.put(past.at(-1)!);
  }

  redo(): void {
    const { past, future } = this.store.getState();
    if (!future.length) return;
    this.store.setState({ past: [...past, this.page.getState().settings], future: future.slice(1) });
    this.put(future[0]);
  }

  private put(to: Settings): void {
    const { settings } = this.page.getState();
    this.last = null;
    // A seed that is drawn anew each time is the last text's, and no one's choice.
    this.page.setState({ settings: to.randomSeed ? { ...to, seed: settings.seed } : to });
    if (to.backend !== settings.backend) this.session.load();
  }
}
