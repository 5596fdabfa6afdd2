/** Token ids of a text, and the UTF-16 units of each token (0 if it ends inside a character, see StreamingDecoder). */
export interface Encoded {
  readonly ids: Uint32Array;
  readonly lengths: Uint32Array;
}

export function joinEncoded(parts: readonly Encoded[]): Encoded {
  return { ids: concat(parts.map((part) => part.ids)), lengths: concat(parts.map((part) => part.lengths)) };
}

function concat(parts: readonly Uint32Array[]): Uint32Array {
  const whole = new Uint32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
