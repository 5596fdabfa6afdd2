import { cancelled, EngineError } from '../model/runtime/errors';
import type { ReadFile } from '../model/runtime/read-file';

const ATTEMPTS = 2; // attempts to read a file if the connection breaks

/** Reads the files of a model folder over HTTP, counting bytes as they arrive. */
export function readUrl(folder: string): ReadFile {
  return async (name, onBytes, signal, size) => {
    const url = new URL(name, folder).href;
    for (let attempt = 1; ; attempt++)
      try {
        const response = await fetch(url, signal ? { signal } : {});
        if (!response.ok) throw new Error(`the server answered ${response.status}`);
        return await readBody(response, onBytes, size);
      } catch (cause) {
        if (signal?.aborted) throw cancelled();
        if (cause instanceof EngineError) throw cause;
        if (cause instanceof TypeError && attempt < ATTEMPTS) continue;
        throw new EngineError(
          'network',
          `${url} could not be loaded: ${(cause as Error).message}.`,
          'Check the connection and the address of the model, then try again.',
          { cause },
        );
      }
  };
}

const FIRST_SIZE = 65_536; // bytes allocated first for a file of unknown size

/** @throws TypeError when the connection breaks, after subtracting the counted bytes */
async function readBody(
  response: Response,
  onBytes: (count: number) => void,
  size = FIRST_SIZE,
): Promise<ArrayBuffer> {
  let bytes = take(size);
  let length = 0;
  try {
    for (const reader = response.body!.getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done) break;
      if (length + value.length > bytes.length) bytes = grown(bytes, length + value.length);
      bytes.set(value, length);
      length += value.length;
      onBytes(value.length);
    }
  } catch (error) {
    onBytes(-length);
    throw error;
  }
  return length === bytes.length ? bytes.buffer : bytes.buffer.slice(0, length);
}

function grown(bytes: Uint8Array, least: number): Uint8Array<ArrayBuffer> {
  const larger = take(Math.max(least, 2 * bytes.length));
  larger.set(bytes);
  return larger;
}

/** @throws EngineError 'device' if the allocation fails, for which browsers throw errors of several kinds */
function take(size: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(size);
  } catch (cause) {
    throw new EngineError(
      'device',
      `Could not allocate ${Math.ceil(size / 2 ** 20)} MB of memory for the model.`,
      'Close other tabs, or choose a smaller model.',
      { cause },
    );
  }
}
