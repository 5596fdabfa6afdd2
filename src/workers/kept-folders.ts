import type { ModelFiles } from '../model/runtime/model-files';

/** Its manifest is written last, so a folder without one is incomplete. */
export const LAST = 'manifest.json';
const CHUNK = 2 ** 22; // bytes per write

/** A folder that is kept. */
interface KeptFolder<T> {
  readonly key: string;
  /** The content of its manifest.json. */
  readonly manifest: T;
  /** Of all its files. */
  readonly bytes: number;
}

/**
 * Folders of files in the origin private file system, by a key. Every function works without that file system (a private
 * window, an insecure origin, storage that is full or denied): then nothing is kept.
 */
export class KeptFolders<T> {
  private readonly name: string;

  /** @param name of the folder that holds them */
  constructor(name: string) {
    this.name = name;
  }

  /** The folders that are kept in whole. */
  async list(): Promise<KeptFolder<T>[]> {
    const found: KeptFolder<T>[] = [];
    try {
      for await (const key of (await this.open()).keys()) {
        const files = await this.read(key);
        const manifest = await files?.[LAST]
          .text()
          .then(JSON.parse)
          .catch(() => null);
        if (files && manifest) found.push({ key, manifest, bytes: sizeOf(files) });
      }
    } catch {}
    return found;
  }

  /** The files of a folder; null if it is not kept in whole. */
  async read(key: string): Promise<ModelFiles | null> {
    try {
      const folder = await (await this.open()).getDirectoryHandle(key);
      const files: Record<string, Blob> = {};
      for await (const [name, handle] of folder.entries())
        files[name] = await (handle as FileSystemFileHandle).getFile();
      return files[LAST] ? files : null;
    } catch {
      return null;
    }
  }

  async forget(key: string): Promise<void> {
    try {
      await (await this.open()).removeEntry(key, { recursive: true });
    } catch {}
  }

  /**
   * Keeps files in a folder, which is new or has others of these names. If that fails, a new folder is deleted. It works only in a worker: Safari has no other way to write than synchronous handles.
   * @returns whether they are kept
   */
  async keep(key: string, files: ModelFiles): Promise<boolean> {
    const isNew = (await this.read(key)) === null;
    try {
      const folder = await (await this.open()).getDirectoryHandle(key, { create: true });
      const names = Object.keys(files).sort((a, b) => Number(a === LAST) - Number(b === LAST));
      for (const name of names) await write(await folder.getFileHandle(name, { create: true }), files[name]);
      return true;
    } catch {
      if (isNew) await this.forget(key);
      return false;
    }
  }

  private async open(): Promise<FileSystemDirectoryHandle> {
    const root = await navigator.storage.getDirectory();
    return root.getDirectoryHandle(this.name, { create: true });
  }
}

export function sizeOf(files: ModelFiles): number {
  return Object.values(files).reduce((sum, { size }) => sum + size, 0);
}

async function write(handle: FileSystemFileHandle, file: Blob): Promise<void> {
  const access = await handle.createSyncAccessHandle();
  try {
    access.truncate(0);
    for (let at = 0; at < file.size; at += CHUNK) {
      const chunk = new Uint8Array(await file.slice(at, at + CHUNK).arrayBuffer());
      if (access.write(chunk, { at }) !== chunk.length) throw new Error('The storage is full.');
    }
    access.flush();
  } finally {
    access.close();
  }
}
