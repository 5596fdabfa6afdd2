import { readFolder, readJson, SHIPPED } from '../scripts/node';
import { EngineError } from '../src/model/runtime/errors';
import { loadModel, type Model, sha256 } from '../src/model/runtime/folder';
import type { ReadFile } from '../src/model/runtime/read-file';

export { SHIPPED };

/** Reads the files of the shipped model, with some of them replaced. */
export function shippedFolder(replaced: Record<string, Uint8Array | string> = {}): ReadFile {
  const read = readFolder(SHIPPED);
  return async (name, onBytes) => (name in replaced ? toBuffer(replaced[name]) : read(name, onBytes));
}

/** The same with an updated manifest, so that only the content of the replaced files is wrong. */
export async function consistentFolder(replaced: Record<string, Uint8Array | string>): Promise<ReadFile> {
  const manifest = readJson(`${SHIPPED}manifest.json`);
  const files = { ...manifest.files };
  for (const [name, file] of Object.entries(replaced)) {
    const bytes = toBuffer(file);
    files[name] = { bytes: bytes.byteLength, sha256: await sha256(bytes) };
  }
  const digest = files['model.safetensors'].sha256;
  return shippedFolder({ ...replaced, 'manifest.json': JSON.stringify({ ...manifest, files, digest }) });
}

export const shippedModel = (): Promise<Model> => loadModel(shippedFolder());

/** Expects an EngineError with this code, a matching message and a remedy. */
export async function expectError(work: () => unknown, code: string, message: RegExp): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof EngineError && error.code === code && message.test(error.message) && error.remedy)
      return;
    throw error;
  }
  throw new Error(`expected an error '${code}' like ${message}`);
}

function toBuffer(file: Uint8Array | string): ArrayBuffer {
  return Uint8Array.from(typeof file === 'string' ? new TextEncoder().encode(file) : file).buffer;
}
