import { EngineError } from '../model/runtime/errors';

/**
 * What the engine cannot do without, with the way to see it. All of it is in Chrome 116, Firefox 124 and Safari 17.4; what
 * else may be missing (WebGPU, WebAssembly, locks, memory that threads share) has something to take its place.
 */
const ESSENTIALS: readonly (readonly [name: string, isThere: () => boolean])[] = [
  ['web workers', () => typeof Worker === 'function'],
  ['AbortSignal.any', () => typeof AbortSignal.any === 'function'],
  ['Array.prototype.toSorted', () => typeof Array.prototype.toSorted === 'function'],
  ['Array.prototype.with', () => typeof Array.prototype.with === 'function'],
  ['String.prototype.toWellFormed', () => typeof String.prototype.toWellFormed === 'function'],
  ['lookbehind in regular expressions', () => compiles('(?<=a)b')],
];

/** @throws EngineError 'browser' naming what this browser lacks */
export function requireEssentials(): void {
  const missing = ESSENTIALS.filter(([, isThere]) => !isThere()).map(([name]) => name);
  if (missing.length > 0)
    throw new EngineError(
      'browser',
      `This browser cannot run the model: it lacks ${missing.join(', ')}.`,
      'Use Chrome 116, Firefox 124, Safari 17.4, or a newer one.',
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
