/** The kind of an error, for code to branch on. */
export type ErrorCode =
  | 'network' // a file could not be fetched
  | 'config' // config.json or manifest.json is invalid or unsupported
  | 'weights' // model.safetensors is damaged or does not match the configuration
  | 'tokenizer' // tokenizer.json is damaged or does not match the configuration
  | 'browser' // the browser lacks a function or blocks it
  | 'device' // no usable device, or the device does not suffice
  | 'device-lost' // the device was lost during work
  | 'input' // an invalid request
  | 'cancelled' // the user stopped the work
  | 'internal'; // a bug

/** The plain-data form of an EngineError, for messages between workers. */
export interface ErrorData {
  code: ErrorCode;
  message: string;
  remedy: string;
}

/** The error type of the engine. `message` names the failure, and `remedy` the action for the user. */
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

  /** Converts any thrown value to an EngineError; unknown errors become 'internal'. */
  static from(value: unknown): EngineError {
    if (value instanceof EngineError) return value;
    if (value instanceof Error && value.name === 'AbortError') return cancelled();
    const message = value instanceof Error ? value.message : String(value);
    if (value instanceof RangeError && /alloc|memory/i.test(message))
      return new EngineError('device', `Out of memory: ${message}.`, 'Close other tabs.', { cause: value });
    return new EngineError('internal', message, 'Reload the page. If it happens again, please report it.', {
      cause: value,
    });
  }

  static fromData(data: ErrorData): EngineError {
    return new EngineError(data.code, data.message, data.remedy);
  }
}

export function cancelled(): EngineError {
  return new EngineError('cancelled', 'Stopped.', 'Press Continue to resume.');
}
