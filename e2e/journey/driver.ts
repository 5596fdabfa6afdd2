/** A browser for the journey: one implementation per browser. */
export interface Browser {
  /** Whether it has the origin private file system, in which the page keeps the models of the user. */
  readonly keepsModels: boolean;
  /** A profile with empty storage. */
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
  /** Evaluates an expression in the page. Its value must be plain data. */
  evaluate<T>(expression: string): Promise<T>;
  /** Clicks at a position in the window, in CSS pixels. */
  click(x: number, y: number): Promise<void>;
  /** Types characters, key by key. */
  type(words: string): Promise<void>;
  /** Presses a chord, as in 'Control+z'. */
  press(chord: string): Promise<void>;
  close(): Promise<void>;
  /** Console errors, uncaught errors and unhandled rejections since the last call. */
  errors(): Promise<string[]>;
}

export const WINDOW = { width: 1280, height: 800 };
