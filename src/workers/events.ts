/** Flow control: the promise of an event resolves when the page has answered it. */
export type OnEvent<E> = (event: E) => void | Promise<void>;

const CREDIT = 4; // unanswered events before the engine waits

export interface Emit<E> {
  (event: E): Promise<void>;
  /** Sends an optional event, or drops it while too many events are unanswered. */
  offer(event: E): void;
  /** Resolves when every event has been answered. */
  settled(): Promise<void>;
}

/** Sends events without waiting for each answer, with at most CREDIT unanswered events. */
export function credited<E>(onEvent: OnEvent<E>): Emit<E> {
  const unanswered = new Set<Promise<void>>();
  const send = (event: E) => {
    const answer = Promise.resolve(onEvent(event));
    unanswered.add(answer);
    answer.then(
      () => unanswered.delete(answer),
      () => {}, // the rejection stays for later waiters
    );
  };
  const emit = async (event: E) => {
    while (unanswered.size >= CREDIT) await Promise.race(unanswered);
    send(event);
  };
  return Object.assign(emit, {
    offer: (event: E) => {
      if (unanswered.size < CREDIT) send(event);
    },
    settled: async () => void (await Promise.all(unanswered)),
  });
}
