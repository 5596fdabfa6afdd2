/** The result of a storage call. Failures are values, even if the browser throws synchronously. */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: Failure };

/**
 * blocked: the browser refuses access, for example because all cookies are blocked. full: the disk is full. unanswered: no
 * answer in time. unreadable: this version cannot read the stored value. broken: any other error.
 */
export type Failure = 'blocked' | 'full' | 'unanswered' | 'unreadable' | 'broken';

/** The reason for a failure and its remedy, in sentences for the user. */
export const REASONS: Record<Failure, string> = {
  blocked: 'This browser blocks storage.',
  full: 'The browser’s storage is full.',
  unanswered: 'The browser’s storage does not answer. Try again.',
  unreadable:
    'It is damaged or comes from a newer version of the page. Reload the page to get the newest version.',
  broken: 'The browser’s storage failed. Try again.',
};

export const ok = <T>(value: T): Outcome<T> => ({ ok: true, value });

export const failed = (failure: Failure): Outcome<never> => ({ ok: false, failure });

/** Runs a synchronous storage call. */
export function attempt<T>(call: () => T): Outcome<T> {
  try {
    return ok(call());
  } catch (thrown) {
    return failed(failureOf(thrown));
  }
}

/** Runs an asynchronous storage call; it fails after `limit` ms, although it may still end later. */
export async function answered<T>(call: () => Promise<T>, limit: number): Promise<Outcome<T>> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<Outcome<T>>((resolve) => {
    timer = setTimeout(() => resolve(failed('unanswered')), limit);
  });
  try {
    const answer = call().then(ok<T>, (thrown) => failed(failureOf(thrown)));
    return await Promise.race([answer, late]);
  } catch (thrown) {
    return failed(failureOf(thrown));
  } finally {
    clearTimeout(timer);
  }
}

function failureOf(thrown: unknown): Failure {
  const name = (thrown as { name?: unknown } | null)?.name;
  if (name === 'QuotaExceededError') return 'full';
  // A ReferenceError or TypeError: the browser has no such storage here.
  const isBlocked = ['SecurityError', 'NotAllowedError', 'ReferenceError', 'TypeError'].includes(
    String(name),
  );
  return isBlocked ? 'blocked' : 'broken';
}
