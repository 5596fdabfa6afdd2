/** One way to run the model, seen alike whoever made it: a stream that reads and writes greedily. */
export interface Contender {
  /** Empties the stream. */
  reset(): Promise<void>;
  /** Reads tokens at once (prefill); resolves when the work is done. */
  read(tokens: readonly number[]): Promise<void>;
  /** Logits of the next token. */
  logits(): Promise<ArrayLike<number>>;
  /** Remembers where the stream stands. */
  mark(): Promise<void>;
  /** Back to the mark; resolves when nothing is under way any more. */
  rewind(): Promise<void>;
  /** Writes tokens greedily and reads each; their ids. */
  decode(count: number): Promise<number[]>;
}

export type Runtime = 'LeaPformer' | 'ORT';
export type Device = 'WASM' | 'WebGPU';

/** A contender before it is built. */
export interface Entry {
  readonly runtime: Runtime;
  readonly device: Device;
  readonly form: Form;
  create(): Promise<Contender>;
}

/** Of the matrices; with int8 ones, of the activations too where they are not float32. */
export type Form = 'float32' | 'int8' | 'int8, int16 activations' | 'int8, int8 activations';

export function nameOf({ runtime, device, form }: Omit<Entry, 'create'>): string {
  return `${runtime} ${device} ${form}`;
}
