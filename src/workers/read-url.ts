import { cancelled, EngineError } from '../model/errors';
import type { ReadFile } from '../model/folder';

const ATTEMPTS = 2; // to read a file whose connection breaks

/** Reads the files of a model folder over HTTP, counting bytes as they arrive. */
export function readUrl(folder: string): ReadFile {
  return async (name, onBytes, signal) => {
    const url = new URL(name, folder).href;
    for (let attempt = 1; ; attempt++)
      try {
        const response = await fetch(url, signal ? { signal } : {});
        if (!response.ok) throw new Error(`the server answered ${response.status}`);
        return await readBody(response, onBytes);
      } catch (cause) {
        if (signal?.aborted) throw cancelled();
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

/** @throws TypeError when the connection breaks; what was counted until then is taken back */
async function readBody(response: Response, onBytes: (count: number) => void): Promise<ArrayBuffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (const reader = response.body!.getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done) break;
      chunks.push(value);
      length += value.length;
      onBytes(value.length);
    }
  } catch (error) {
    onBytes(-length);
    throw error;
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole.buffer;
}
