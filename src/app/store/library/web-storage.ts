import { attempt, type Outcome } from './outcome';

/** localStorage and sessionStorage. Even the look at their names throws where a browser blocks them. */
export interface WebStorage {
  get(key: string): Outcome<string | null>;
  set(key: string, value: string): Outcome<void>;
  remove(key: string): Outcome<void>;
  keys(): Outcome<string[]>;
}

const over = (storage: () => Storage): WebStorage => ({
  get: (key) => attempt(() => storage().getItem(key)),
  set: (key, value) => attempt(() => storage().setItem(key, value)),
  remove: (key) => attempt(() => storage().removeItem(key)),
  keys: () => attempt(() => Object.keys(storage())),
});

/** Shared by the tabs; it outlives them. */
export const siteStorage = over(() => localStorage);
/** Of this tab: it survives a reload, and a duplicated tab gets a copy of it. */
export const tabStorage = over(() => sessionStorage);
