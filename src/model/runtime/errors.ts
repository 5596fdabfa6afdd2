/** What went wrong, as a word that code can branch on. */
export type ErrorCode =
  | 'network' // a file could not be fetched
  | 'config' // config.json or manifest.json is not one we can run
  | 'weights' // model.safetensors is damaged or does not fit the configuration
  | 'tokenizer' // tokenizer.json is damaged or does not fit the configuration
  | 'browser' // the browser lacks something, or refuses it
  | 'device' // no usable WebGPU device, or the device does not suffice
  | 'device-lost' // the device went away mid-work
  | 'input' // a request that makes no sense
  | 'cancelled' // the person stopped it
  | 'internal'; // a defect of ours

/** The plain-data form of an EngineError, as it crosses a worker boundary. */
export interface ErrorData {
  code: ErrorCode;
  message: string;
  remedy: string;
}

/** The one error type of the engine: what happened (message), and what a person can do about it (remedy). */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly code: ErrorCode;
  readonly remedy: string;

  constructor(code: ErrorCode, message: string, remedy: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.remedy = remedy;
  }

  toData(): ErrorData {
    return { code: this.code, message: this.message, remedy: this.remedy };
  }

  /** Any thrown value as an EngineError; what is not ours becomes 'internal'. */
  static from(value: unknown): EngineError {
    if (value instanceof EngineError) return value;
    if (value instanceof Error && value.name === 'AbortError') return cancelled();
    const message = value instanceof Error ? value.message : String(value);
    if (value instanceof RangeError && /alloc|memory/i.test(message))
      return new EngineError('device', `Memory is short: ${message}.`, 'Close other tabs.', { cause: value });
    return new EngineError('internal', message, 'Reload the page; if it happens again, please report it.', {
      cause: value,
    });
  }

  static fromData(data: ErrorData): EngineError {
    return new EngineError(data.code, data.message, data.remedy);
  }
}

export function cancelled(): EngineError {
  return new EngineError('cancelled', 'Stopped.', 'Press Continue to go on.');
}
