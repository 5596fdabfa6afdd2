import { EngineError } from './errors';
import type { ReadFile } from './read-file';

/** The files of a model folder on this device, by their names. */
export type ModelFiles = Readonly<Record<string, Blob>>;

/** Reads the files of a model folder on this device. */
export function readFiles(files: ModelFiles): ReadFile {
  return async (name, onBytes) => {
    const bytes = await readBytes(files, name);
    onBytes(bytes.byteLength);
    return bytes;
  };
}

/** @throws EngineError 'network' if the file is missing, or the browser cannot read it any more */
export async function readBytes(files: ModelFiles, name: string): Promise<ArrayBuffer> {
  try {
    return await files[name].arrayBuffer();
  } catch (cause) {
    throw new EngineError(
      'network',
      `${name} cannot be read (${(cause as Error).message}).`,
      'Drop the files of the model on the page again.',
      { cause },
    );
  }
}
