import { EngineError } from '../../model/runtime/errors';

/** A lock for each lesson, which the worker that teaches it holds until it ends. Browsers without locks keep no lessons. */

const PREFIX = 'leapformer-lesson:';

let held: string | null = null;

/** Takes the lock of a lesson, in a worker. @throws EngineError 'input' if another tab has it */
export async function claimLesson(id: string): Promise<void> {
  const { locks } = navigator;
  if (!locks || held === id) return;
  await new Promise<void>((resolve, reject) => {
    locks.request(PREFIX + id, { ifAvailable: true }, (lock) => {
      if (!lock)
        return reject(new EngineError('input', 'Another tab has this lesson open.', 'Go to that tab.'));
      held = id;
      resolve();
      return new Promise(() => {}); // until the worker ends
    });
  });
}

/** The ids of the lessons that workers have open. */
export async function openLessons(): Promise<ReadonlySet<string>> {
  const { held = [] } = (await navigator.locks?.query()) ?? {};
  return new Set(held.map(({ name }) => name!.replace(PREFIX, '')));
}

/** Resolves when no worker has the lesson open. */
export async function whenClosed(id: string): Promise<void> {
  await navigator.locks.request(PREFIX + id, () => {});
}
