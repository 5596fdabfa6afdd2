/**
 * Browser: Firefox (seen in ESR 153 on Linux).
 * Bug: it looks for finished work only every 100 ms, or when something is submitted. So a map that is due after 1 ms comes
 *   after 101 ms, and onSubmittedWorkDone does too. An empty submission every few milliseconds brings it after 1 ms.
 * To see that it is gone: in a page of Firefox, `submit` a copy and await `mapAsync`: it takes far less than 100 ms. The
 *   numbers with and without are in bench/README.md.
 * Delete it when all supported versions of Firefox answer in time.
 */
const EVERY = 2; // ms

/** Returns what to call when a wait for the device begins: in Firefox it submits nothing, again and again, while one lasts. */
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
