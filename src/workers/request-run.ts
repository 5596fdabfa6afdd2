/** A piece of the text in a request: its token ids, or typed text for the engine to encode. */
export type RequestRun = { readonly ids: Uint32Array } | { readonly text: string };
