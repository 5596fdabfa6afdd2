/** JSON in which an array of numbers is the base64 of its bytes. A repeated array is written as its index. */

const ARRAYS = { Uint32Array, Float32Array, Uint8Array };

export function encode(value: unknown): string {
  const written = new Map<unknown, number>();
  return JSON.stringify(value, (_key, inner) => {
    const type = Object.entries(ARRAYS).find(([, array]) => inner instanceof array)?.[0];
    if (!type) return inner;
    if (written.has(inner)) return { same: written.get(inner) };
    written.set(inner, written.size);
    return { [type]: toBase64(inner) };
  });
}

/** @throws if it is not JSON, or an array is incomplete */
export function decode(content: string): unknown {
  const read: unknown[] = [];
  return JSON.parse(content, (_key, value) => {
    for (const [type, array] of Object.entries(ARRAYS))
      if (typeof value?.[type] === 'string') {
        read.push(new array(fromBase64(value[type])));
        return read.at(-1);
      }
    return typeof value?.same === 'number' ? read[value.same] : value;
  });
}

function toBase64({ buffer, byteOffset, byteLength }: ArrayBufferView): string {
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  let binary = '';
  for (let at = 0; at < bytes.length; at += 0x8000)
    binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(binary);
}

function fromBase64(base64: string): ArrayBuffer {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)).buffer;
}
