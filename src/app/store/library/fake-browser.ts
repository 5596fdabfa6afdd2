import 'fake-indexeddb/auto'; // `idb` needs the classes
import { IDBFactory } from 'fake-indexeddb';
import { vi } from 'vitest';

/** Support for tests: the storages, locks and channels of a browser. A test can make each of them fail. */
export class FakeBrowser {
  readonly indexedDB = new IDBFactory();
  readonly localStorage = new FakeStorage();
  readonly sessionStorage = new FakeStorage();
  private readonly holders = new Map<string, Promise<unknown>>();
  private readonly channels = new Set<FakeChannel>();

  constructor({ hasLocks }: { hasLocks: boolean }) {
    const { channels } = this;
    vi.stubGlobal('indexedDB', this.indexedDB);
    vi.stubGlobal('localStorage', this.localStorage);
    vi.stubGlobal('sessionStorage', this.sessionStorage);
    vi.stubGlobal('navigator', hasLocks ? { locks: { request: this.request } } : {});
    vi.stubGlobal(
      'BroadcastChannel',
      class extends FakeChannel {
        constructor() {
          super(channels);
        }
      },
    );
  }

  /** The part of navigator.locks.request that the page uses. */
  private readonly request = async (
    name: string,
    { ifAvailable, signal }: { ifAvailable?: boolean; signal?: AbortSignal },
    work: (lock: object | null) => unknown,
  ): Promise<unknown> => {
    while (this.holders.has(name)) {
      if (ifAvailable) return work(null);
      const aborted = new Promise((_, reject) =>
        signal?.addEventListener('abort', () => reject(signal.reason)),
      );
      await Promise.race([this.holders.get(name), aborted]);
    }
    const held = Promise.resolve(work({})).finally(() => this.holders.delete(name));
    this.holders.set(name, held);
    return held;
  };
}

class FakeStorage {
  [key: string]: unknown;

  getItem(key: string): string | null {
    return Object.hasOwn(this, key) ? (this[key] as string) : null;
  }

  setItem(key: string, value: string): void {
    this[key] = value;
  }

  removeItem(key: string): void {
    delete this[key];
  }
}

class FakeChannel {
  onmessage: ((event: { data: unknown }) => void) | null = null;
  private readonly all: Set<FakeChannel>;

  constructor(all: Set<FakeChannel>) {
    this.all = all;
    all.add(this);
  }

  postMessage(data: unknown): void {
    for (const other of this.all) if (other !== this) setTimeout(() => other.onmessage?.({ data }));
  }
}
