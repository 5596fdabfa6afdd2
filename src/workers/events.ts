/** An event's promise is its credit. */
export type OnEvent<E> = (event: E) => void | Promise<void>;

const CREDIT = 4; // events that may be unanswered before the engine waits

export interface Emit<E> {
  (event: E): Promise<void>;
  /** Sends an event that may be left out: it is, while too many others are unanswered. */
  offer(event: E): void;
  /** Resolves when every event has been answered. */
  settled(): Promise<void>;
}

/** Sends events without waiting for each answer, but never with more than CREDIT of them unanswered. */
export function credited<E>(onEvent: OnEvent<E>): Emit<E> {
  const unanswered = new Set<Promise<void>>();
  const send = (event: E) => {
    const answer = Promise.resolve(onEvent(event));
    unanswered.add(answer);
    answer.then(
      () => unanswered.delete(answer),
      () => {}, // stays, for whoever waits to be told
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
