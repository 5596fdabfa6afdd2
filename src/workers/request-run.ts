/** A piece of a text: token ids, or typed text that the engine encodes. */
export type RequestRun = { readonly ids: Uint32Array } | { readonly text: string };

/** A whole text without its initial `<|endoftext|>`. */
export interface RequestText {
  /**
   * The text continues from this file of a snapshot (model/runtime/snapshot-file.ts) instead of `<|endoftext|>`. Numbers of
   * tokens and of runs do not count it.
   */
  readonly start?: Uint8Array | undefined;
  readonly runs: readonly RequestRun[];
}
