import type { Memory } from '../../src/model/runtime/backend';
import type { Device, Form, Runtime } from './contender';

/** What one run measures. Times are milliseconds a token, one a round. */
export interface Measurements {
  readonly adapter: string | null;
  readonly userAgent: string;
  readonly prefillTokens: number;
  readonly contenders: readonly ContenderResult[];
  readonly roofline: Roofline;
  readonly flatness: readonly Flatness[];
  readonly softmax: SoftmaxTwin;
}

export interface ContenderResult {
  readonly name: string;
  readonly runtime: Runtime;
  readonly device: Device;
  readonly form: Form;
  /** Why it was not timed, if it was not. */
  readonly failure: string | null;
  readonly check: Check | null;
  /** Tokens of one decode sample. */
  readonly decodeTokens: number;
  readonly decode: readonly number[];
  readonly prefill: readonly number[];
  /** A token, while decoding. */
  readonly calls: Calls | null;
  readonly memory: Memory | null;
}

export interface Check {
  /** max|a - b| / rms(b) of the logits. */
  readonly error: number;
  readonly tolerance: number;
  /** Share of the logits that are exactly zero. */
  readonly zeros: number;
  /** Of how many tokens written greedily, how many are the expected ones. */
  readonly greedy: { readonly equal: number; readonly of: number };
}

export interface Calls {
  readonly dispatches: number;
  readonly submits: number;
  readonly maps: number;
  /** Buffers, bind groups, pipelines and the like. */
  readonly created: number;
}

/** Rates that the hardware gives to plain loops, one a round. */
interface Roofline {
  /** Bytes of the int8 matrices, and of the float32 ones. */
  readonly weightBytes: { readonly int8: number; readonly float32: number };
  /** Multiply-adds with weights: of a decoded token, and of a read one (whose logits nobody asks for). */
  readonly multiplyAdds: { readonly decode: number; readonly prefill: number };
  /** GB/s of reading as many bytes as the matrices have, in WebAssembly. */
  readonly readInt8: readonly number[];
  readonly readFloat32: readonly number[];
  /** 10^9 multiply-adds a second in WebAssembly. */
  readonly float32: readonly number[];
  readonly int8: readonly number[];
  readonly int16: readonly number[];
  /** GB/s copied between two buffers of the adapter. */
  readonly adapterCopy: readonly number[];
}

/** Decoding at two positions, alternately: milliseconds a token, one of each a pair. */
export interface Flatness {
  readonly name: string;
  readonly near: Place;
  readonly far: Place;
}

export interface Place {
  readonly position: number;
  readonly decode: readonly number[];
  readonly calls: Calls;
  readonly memory: Memory;
}

/** Softmax attention of one new token in WebAssembly, all layers and heads, over a float32 cache. */
export interface SoftmaxTwin {
  readonly error: number;
  readonly places: readonly {
    readonly position: number;
    readonly bytes: number;
    readonly ms: readonly number[];
  }[];
  readonly stateBytes: number;
}
