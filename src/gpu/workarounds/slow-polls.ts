/**
 * Browser: Firefox (seen in ESR 153 on Linux).
 * Bug: Firefox checks for finished work only every 100 ms or at a submission. A map that is due after 1 ms resolves after
 *   101 ms, and so does onSubmittedWorkDone. With an empty submission every few milliseconds, it resolves after 1 ms.
 * Fixed if: in a page in Firefox, `submit` a copy and await `mapAsync`; it takes far less than 100 ms. bench/README.md has
 *   numbers with and without the workaround.
 * Delete this file when all supported versions of Firefox respond in time.
 */
const EVERY = 2; // ms

/** Returns a function to call at the start of a wait. In Firefox, it makes empty submissions until the wait ends. */
export function keepPolling(
  queue: GPUQueue,
  isWaiting: () => boolean,
  userAgent = globalThis.navigator?.userAgent ?? '',
): () => void {
  if (!/\bFirefox\//.test(userAgent)) return () => {};
  let timer: ReturnType<typeof setInterval> | undefined;
  const poll = () => {
    if (isWaiting()) return queue.submit([]);
    clearInterval(timer);
    timer = undefined;
  };
  return () => {
    timer ??= setInterval(poll, EVERY);
  };
}
