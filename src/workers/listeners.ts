import { proxy } from 'comlink';

export type Listeners = ReturnType<typeof openListeners>;

/**
 * The listeners of one call to a worker. Results and events come through different ports, so an event that the worker does
 * not wait for may arrive after the result. Closed listeners ignore it.
 */
export function openListeners() {
  let isOpen = true;
  return {
    /** A listener that can be sent to the worker. */
    add: <E, R>(onEvent: (event: E) => R): ((event: E) => R | undefined) =>
      proxy((event: E) => (isOpen ? onEvent(event) : undefined)),
    close: () => {
      isOpen = false;
    },
  };
}
