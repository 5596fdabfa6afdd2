import { proxy } from 'comlink';

/**
 * The listeners of one call to a worker. Results and events come through different ports, so an event that the worker does
 * not wait for may arrive after the result. Closed listeners ignore it.
 */
export class Listeners {
  private isOpen = true;

  /** A listener that can be sent to the worker. */
  add<E, R>(onEvent: (event: E) => R): (event: E) => R | undefined {
    return proxy((event: E) => (this.isOpen ? onEvent(event) : undefined));
  }

  close(): void {
    this.isOpen = false;
  }
}
