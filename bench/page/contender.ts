/** A stream of a backend under test, which reads and decodes greedily. */
export interface Contender {
  /** Empties the stream. */
  reset(): Promise<void>;
  /** Reads tokens at once (prefill); resolves when the work is done. */
  read(tokens: readonly number[]): Promise<void>;
  /** Logits of the next token. */
  logits(): Promise<ArrayLike<number>>;
  /** Saves the position of the stream. */
  mark(): Promise<void>;
  /** Returns to the mark; resolves when no work is pending. */
  rewind(): Promise<void>;
  /** Decodes tokens greedily, and returns their ids. */
  decode(count: number): Promise<number[]>;
}

export type Runtime = 'LeaPformer' | 'ORT';
export type Device = 'WASM' | 'WebGPU';

/** Builds a contender. */
export interface Entry {
  readonly runtime: Runtime;
  readonly device: Device;
  readonly form: Form;
  create(): Promise<Contender>;
}

/** Precision of the matrices; for int8, also of the activations if they are not float32. */
export type Form = 'float32' | 'int8' | 'int8, int16 activations' | 'int8, int8 activations';

export function nameOf({ runtime, device, form }: Omit<Entry, 'create'>): string {
  return `${runtime} ${device} ${form}`;
}
