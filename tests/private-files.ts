import { vi } from 'vitest';

/** For tests: an origin private file system in memory, with room for a number of bytes. */
export class PrivateFiles {
  /** By path. */
  readonly stored = new Map<string, Uint8Array>();
  room = 1e9;
  /** A worker that was killed changes nothing any more. */
  isFrozen = false;
  /** Called before each change. */
  onChange = () => {};

  constructor() {
    vi.stubGlobal('navigator', { storage: { getDirectory: async () => this.folder('') } });
  }

  private folder(path: string): object {
    const file = (name: string) => this.file(path + name);
    const names = () => {
      const within = [...this.stored.keys()].filter((key) => key.startsWith(path));
      return [...new Set(within.map((key) => key.slice(path.length).split('/')[0]))];
    };
    return {
      keys: async function* () {
        yield* names();
      },
      entries: async function* () {
        for (const name of names()) yield [name, file(name)] as const;
      },
      getDirectoryHandle: async (name: string, { create = false } = {}) => {
        if (!create && !names().includes(name)) throw new DOMException(name, 'NotFoundError');
        return this.folder(`${path}${name}/`);
      },
      getFileHandle: async (name: string) => file(name),
      removeEntry: async (name: string) => {
        for (const key of [...this.stored.keys()])
          if (key.startsWith(`${path}${name}/`)) this.change(() => this.stored.delete(key));
      },
    };
  }

  private change(make: () => void): void {
    this.onChange();
    if (!this.isFrozen) make();
  }

  private file(path: string) {
    const content = () => this.stored.get(path) ?? new Uint8Array();
    return {
      getFile: async () => new Blob([content() as Uint8Array<ArrayBuffer>]),
      createSyncAccessHandle: async () => ({
        truncate: () => this.change(() => this.stored.set(path, new Uint8Array())),
        write: (chunk: Uint8Array, { at }: { at: number }) => {
          const fits = chunk.subarray(0, Math.max(0, this.room));
          this.room -= fits.length;
          const before = content().slice(0, at);
          for (const part of [fits.subarray(0, fits.length >> 1), fits])
            this.change(() => this.stored.set(path, Uint8Array.from([...before, ...part])));
          return fits.length;
        },
        flush: () => {},
        close: () => {},
      }),
    };
  }
}
