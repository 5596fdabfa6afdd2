import { EngineError } from '../model/runtime/errors';

/**
 * The functions that the engine requires, with their tests. Chrome 116, Firefox 124 and Safari 17.4 have all of them.
 * Other functions (WebGPU, WebAssembly, locks, shared memory) have fallbacks.
 */
const ESSENTIALS: readonly (readonly [name: string, isThere: () => boolean])[] = [
  ['web workers', () => typeof Worker === 'function'],
  ['AbortSignal.any', () => typeof AbortSignal.any === 'function'],
  ['Array.prototype.toSorted', () => typeof Array.prototype.toSorted === 'function'],
  ['Array.prototype.with', () => typeof Array.prototype.with === 'function'],
  ['String.prototype.toWellFormed', () => typeof String.prototype.toWellFormed === 'function'],
  ['lookbehind in regular expressions', () => compiles('(?<=a)b')],
];

/** @throws EngineError 'browser' with the missing functions */
export function requireEssentials(): void {
  const missing = ESSENTIALS.filter(([, isThere]) => !isThere()).map(([name]) => name);
  if (missing.length > 0)
    throw new EngineError(
      'browser',
      `This browser cannot run the model: it lacks ${missing.join(', ')}.`,
      'Use Chrome 116, Firefox 124, Safari 17.4 or newer.',
    );
}

function compiles(pattern: string): boolean {
  try {
    new RegExp(pattern);
    return true;
  } catch {
    return false;
  }
}
