import type { Manifest } from '../model/runtime/folder';
import type { ModelFiles } from '../model/runtime/model-files';

/**
 * The user's own models in the origin private file system: a folder for each, by the SHA-256 of its weights. Every function
 * works without that file system (a private window, an insecure origin, storage that is full or denied): then nothing is kept.
 */

const FOLDER = 'own-models';
/** Its manifest is written last, so a folder without one is incomplete. */
const LAST = 'manifest.json';
const CHUNK = 2 ** 22; // bytes per write

export interface KeptModel {
  readonly manifest: Manifest;
  /** Of all its files. */
  readonly bytes: number;
}

/** The models that are kept. */
export async function listOwn(): Promise<KeptModel[]> {
  const found: KeptModel[] = [];
  try {
    for await (const digest of (await openFolder()).keys()) {
      const kept = await describe(digest);
      if (kept) found.push(kept);
    }
  } catch {}
  return found.sort((a, b) => a.manifest.name.localeCompare(b.manifest.name));
}

async function describe(digest: string): Promise<KeptModel | null> {
  const files = await readOwn(digest);
  try {
    const manifest = JSON.parse(await files![LAST].text());
    return { manifest, bytes: sizeOf(files!) };
  } catch {
    return null; // incomplete, because the browser closed while it was written
  }
}

function sizeOf(files: ModelFiles): number {
  return Object.values(files).reduce((sum, { size }) => sum + size, 0);
}

/** The files of a kept model; null if it is not kept. */
export async function readOwn(digest: string): Promise<ModelFiles | null> {
  try {
    const folder = await (await openFolder()).getDirectoryHandle(digest);
    const files: Record<string, Blob> = {};
    for await (const [name, handle] of folder.entries())
      files[name] = await (handle as FileSystemFileHandle).getFile();
    return files[LAST] ? files : null;
  } catch {
    return null;
  }
}

/** Deletes a kept model. */
export async function forgetOwn(digest: string): Promise<void> {
  try {
    await (await openFolder()).removeEntry(digest, { recursive: true });
  } catch {}
}

/**
 * Keeps the files of a model. It works only in a worker: Safari has no other way to write than synchronous handles.
 * @returns whether they are kept
 */
export async function keepOwn(digest: string, files: ModelFiles): Promise<boolean> {
  const kept = await readOwn(digest);
  if (kept && sizeOf(kept) === sizeOf(files)) return true;
  try {
    const folder = await (await openFolder()).getDirectoryHandle(digest, { create: true });
    const names = Object.keys(files).filter((name) => name !== LAST);
    for (const name of [...names, LAST])
      await write(await folder.getFileHandle(name, { create: true }), files[name]);
    return true;
  } catch {
    await forgetOwn(digest);
    return false;
  }
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

async function openFolder(): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory();
  return root.getDirectoryHandle(FOLDER, { create: true });
}
