import { cancelled, EngineError } from '../model/runtime/errors';
import type { ReadFile } from '../model/runtime/read-file';
import { Body } from './body';

const ATTEMPTS = 2; // attempts to read a file if the connection breaks

/**
 * Reads the files of a model folder over HTTP, counting bytes as they arrive. A file with a digest is kept (kept-files.ts),
 * and read from there the next time.
 */
export function readUrl(folder: string): ReadFile {
  return async (name, onBytes, signal, expected) => {
    const url = new URL(name, folder).href;
    const body = new Body(onBytes, expected?.bytes);
    const fetchAll = () => fetchRest(url, body, signal);
    // Loaded while the manifest arrives. Without it, the file is read and not kept.
    const storage = expected ? await keptFiles() : null;
    await (storage ? storage.readKept(body, expected!, fetchAll) : fetchAll());
    return body.finish();
  };
}

const keptFiles = () => import('./kept-files').catch(() => null);

/** Fetches the bytes that the body lacks. @throws EngineError */
async function fetchRest(url: string, body: Body, signal?: AbortSignal): Promise<void> {
  for (let attempt = 1; ; attempt++)
    try {
      const from = body.length;
      const headers: Record<string, string> = from > 0 ? { range: `bytes=${from}-` } : {};
      const response = await fetch(url, { headers, ...(signal && { signal }) });
      if (response.status === 416) {
        body.clear(); // the kept beginning is longer than the file
        continue;
      }
      if (!response.ok) throw new Error(`the server answered ${response.status}`);
      const range = response.headers.get('content-range');
      if (from > 0 && !range?.startsWith(`bytes ${from}-`)) body.clear(); // the server sends the whole file
      for (const reader = response.body!.getReader(); ; ) {
        const { done, value } = await reader.read();
        if (done) return;
        body.add(value);
      }
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
}
