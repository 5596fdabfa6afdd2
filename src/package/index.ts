/**
 * A LeaPformer language model for your own page: it runs in a worker, on WebGPU or WebAssembly, and its memory does not
 * grow with the text.
 *
 * @packageDocumentation
 */
export type { BACKENDS, BackendKind } from '../model/runtime/backend';
export { EngineError, type ErrorCode, type ErrorData } from '../model/runtime/errors';
export type { Sampling } from '../model/sampling/sampling';
export type { BackendChoice, BackendInfo } from '../workers/messages';
export { load } from './leapformer';
export type {
  EndReason,
  GenerateOptions,
  LeaPformer,
  LoadOptions,
  ModelInfo,
  Part,
  Prompt,
  PromptPiece,
  ReadOptions,
  ScoredToken,
} from './types';
