/** What the journey asks of a browser: the same few things of each, so that one script drives them all. */
export interface Browser {
  /** A profile in which nothing is stored yet, as another person's browser. */
  newProfile(): Promise<Profile>;
  close(): Promise<void>;
}

export interface Profile {
  newTab(): Promise<Tab>;
  close(): Promise<void>;
}

export interface Tab {
  open(address: string): Promise<void>;
  reload(): Promise<void>;
  /** The value of an expression in the page, which must be plain data. */
  evaluate<T>(expression: string): Promise<T>;
  /** Presses the main mouse button at this place of the window, in CSS pixels. */
  click(x: number, y: number): Promise<void>;
  /** Types characters, key by key. */
  type(words: string): Promise<void>;
  /** Presses keys together, as in 'Control+z'. */
  press(chord: string): Promise<void>;
  close(): Promise<void>;
  /** Console errors, uncaught errors and unhandled rejections since this was last asked. */
  errors(): Promise<string[]>;
}

export const WINDOW = { width: 1280, height: 800 };
