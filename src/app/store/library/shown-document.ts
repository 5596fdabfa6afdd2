import type { History } from '../document/history';
import type { TextValue } from '../document/text-value';

/** The document, as the library uses it: it shows one of the texts. */
export interface ShownDocument {
  readonly text: TextValue;
  readonly store: {
    getState(): DocumentState;
    subscribe(listener: (state: DocumentState, before: DocumentState) => void): unknown;
  };
  /** Shows a text that has no history yet. */
  restore(text: TextValue): void;
  /** Shows another text with its history. Stops the work on the text before. */
  switchTo(history: History): void;
  /** Stops the work on the text at the words that are shown. */
  interrupt(): void;
  /** Cancels work that waits for the model. */
  stop(): void;
  keepUndone(): void;
  notify(words: string): void;
}

interface DocumentState {
  readonly history: History | null;
}
