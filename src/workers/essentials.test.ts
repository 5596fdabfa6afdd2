import { afterEach, expect, test, vi } from 'vitest';
import { requireEssentials } from './essentials';
import { startWorker } from './link';

const restore: (() => void)[] = [];
afterEach(() => {
  for (const each of restore.splice(0)) each();
  vi.unstubAllGlobals();
});

/** Removes a property until the end of the test. */
function without(object: object, name: string): void {
  const property = Object.getOwnPropertyDescriptor(object, name)!;
  Object.defineProperty(object, name, { ...property, value: undefined });
  restore.push(() => Object.defineProperty(object, name, property));
}

class QuietWorker extends EventTarget {
  postMessage() {}
  terminate() {}
}

test('accepts a browser that has everything', () => {
  vi.stubGlobal('Worker', QuietWorker);
  expect(requireEssentials).not.toThrow();
});

test.each<[string, () => void]>([
  ['web workers', () => vi.stubGlobal('Worker', undefined)],
  ['AbortSignal.any', () => without(AbortSignal, 'any')],
  ['Array.prototype.toSorted', () => without(Array.prototype, 'toSorted')],
  ['Array.prototype.with', () => without(Array.prototype, 'with')],
  ['String.prototype.toWellFormed', () => without(String.prototype, 'toWellFormed')],
  ['lookbehind in regular expressions', () => vi.stubGlobal('RegExp', refusing(RegExp, SyntaxError))],
])('a browser without %s gets an error', (name, take) => {
  vi.stubGlobal('Worker', QuietWorker);
  take();
  const thrown = caught(startWorker);
  vi.unstubAllGlobals();
  expect(thrown).toMatchObject({
    code: 'browser',
    message: `This browser cannot run the model: it lacks ${name}.`,
    remedy: expect.stringMatching(/Safari 17\.4/),
  });
});

test('the error lists all missing functions', () => {
  without(AbortSignal, 'any');
  vi.stubGlobal('Worker', undefined);
  expect(caught(startWorker)).toMatchObject({
    message: expect.stringMatching(/lacks web workers, AbortSignal\.any\./),
  });
});

test('a worker that the browser blocks is an error with a remedy', () => {
  vi.stubGlobal('Worker', refusing(Object, DOMException));
  expect(caught(startWorker)).toMatchObject({
    code: 'browser',
    message: expect.stringMatching(/blocked the model's worker \(no\)/),
    remedy: expect.stringMatching(/its own tab/),
  });
});

test('a worker that fails before it answers rejects with WorkerDeath, also without locks', async () => {
  let worker: QuietWorker | undefined;
  vi.stubGlobal(
    'Worker',
    class extends QuietWorker {
      constructor() {
        super();
        worker = this;
      }
    },
  );
  vi.stubGlobal('navigator', {});
  const { died } = startWorker();
  worker!.dispatchEvent(new Event('error', { cancelable: true }));
  await expect(died).rejects.toMatchObject({
    message: 'The engine stopped.',
    remedy: expect.stringMatching(/Reload the page/),
  });
});

/** A class whose constructor throws. */
const refusing = (Base: ObjectConstructor | RegExpConstructor, Failure: new (message: string) => Error) =>
  class extends (Base as ObjectConstructor) {
    constructor() {
      super();
      throw new Failure('no');
    }
  };

function caught(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
