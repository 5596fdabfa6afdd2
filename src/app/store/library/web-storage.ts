import { attempt, type Outcome } from './outcome';

/** localStorage and sessionStorage. If the browser blocks them, even access to the global throws. */
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

/** Shared by all tabs, and permanent. */
export const siteStorage = over(() => localStorage);
/** For this tab: it survives a reload, and a duplicated tab gets a copy. */
export const tabStorage = over(() => sessionStorage);
