import type { GenerateEvent } from './messages';

export type OnEvent = (event: GenerateEvent) => void | Promise<void>;

const CREDIT = 4; // events that may be unanswered before the engine waits

export interface Emit {
  (event: GenerateEvent): Promise<void>;
  /** Sends an event that may be left out: it is, while too many others are unanswered. */
  offer(event: GenerateEvent): void;
  /** Resolves when every event has been answered. */
  settled(): Promise<void>;
}

/** Sends events without waiting for each answer, but never with more than CREDIT of them unanswered. */
export function credited(onEvent: OnEvent): Emit {
  const unanswered = new Set<Promise<void>>();
  const send = (event: GenerateEvent) => {
    const answer = Promise.resolve(onEvent(event));
    unanswered.add(answer);
    answer.then(
      () => unanswered.delete(answer),
      () => {}, // stays, for whoever waits to be told
    );
  };
  const emit = async (event: GenerateEvent) => {
    while (unanswered.size >= CREDIT) await Promise.race(unanswered);
    send(event);
  };
  return Object.assign(emit, {
    offer: (event: GenerateEvent) => {
      if (unanswered.size < CREDIT) send(event);
    },
    settled: async () => void (await Promise.all(unanswered)),
  });
}
