import type { Memory } from '../../src/model/runtime/backend';
import type { Device, Form, Runtime } from './contender';

/** The measurements of one run. Times are in milliseconds per token, one sample per round. */
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
  /** The reason why it was not timed; null if it was. */
  readonly failure: string | null;
  readonly check: Check | null;
  /** Tokens per decode sample. */
  readonly decodeTokens: number;
  readonly decode: readonly number[];
  readonly prefill: readonly number[];
  /** Per token, while decoding. */
  readonly calls: Calls | null;
  readonly memory: Memory | null;
}

export interface Check {
  /** max|a - b| / rms(b) of the logits. */
  readonly error: number;
  readonly tolerance: number;
  /** Share of logits that are exactly zero. */
  readonly zeros: number;
  /** Number of greedy tokens, and how many of them match. */
  readonly greedy: { readonly equal: number; readonly of: number };
}

export interface Calls {
  readonly dispatches: number;
  readonly submits: number;
  readonly maps: number;
  /** Created buffers, bind groups, pipelines and other objects. */
  readonly created: number;
}

/** Rates of plain loops on this hardware, one sample per round. */
interface Roofline {
  /** Bytes of the int8 and of the float32 matrices. */
  readonly weightBytes: { readonly int8: number; readonly float32: number };
  /** Multiply-adds with weights per decoded token, and per prefilled token (without logits). */
  readonly multiplyAdds: { readonly decode: number; readonly prefill: number };
  /** GB/s of reading a buffer of the size of the matrices, in WebAssembly. */
  readonly readInt8: readonly number[];
  readonly readFloat32: readonly number[];
  /** 10^9 multiply-adds per second in WebAssembly. */
  readonly float32: readonly number[];
  readonly int8: readonly number[];
  readonly int16: readonly number[];
  /** GB/s copied between two buffers of the adapter. */
  readonly adapterCopy: readonly number[];
}

/** Decode at two positions in turn: milliseconds per token, one sample of each per pair. */
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
