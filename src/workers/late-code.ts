import { EngineError } from '../model/runtime/errors';

const loaders = new Set<() => Promise<unknown>>();

/**
 * Code that is not in the engine's chunk, so that the engine starts sooner. There is one promise for all calls, because
 * browsers settle several import() calls in any order. After a failure the next call tries again.
 * @returns a function that loads it, and throws EngineError 'network'
 */
export function lateCode<T>(name: string, load: () => Promise<T>): () => Promise<T> {
  let code: Promise<T> | null = null;
  const loader = () => {
    code ??= load().catch((cause) => {
      code = null;
      throw new EngineError('network', `${name} did not load.`, 'Check the connection, and try again.', {
        cause,
      });
    });
    return code;
  };
  loaders.add(loader);
  return loader;
}

/** Loads all of it ahead of need, so that it also works when the network is gone. */
export function loadAhead(): void {
  for (const load of loaders) load().catch(() => {});
}
