/** A piece of the text: token ids, or typed text that the engine encodes. */
export type RequestRun = { readonly ids: Uint32Array } | { readonly text: string };
