/**
 * A piece of the text: token ids, typed text that the engine encodes, or, as the first piece, the file of a snapshot
 * (model/runtime/snapshot-file.ts), which stands for the text that its stream has read.
 */
export type RequestRun =
  | { readonly ids: Uint32Array }
  | { readonly text: string }
  | { readonly snapshot: Uint8Array };
