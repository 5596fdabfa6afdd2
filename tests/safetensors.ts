/** A safetensors file of tensors [dtype, shape, bytes]. */
export function safetensors(
  tensors: Readonly<Record<string, readonly [string, readonly number[], Uint8Array]>>,
): ArrayBuffer {
  let end = 0;
  const entries = Object.entries(tensors).map(([name, [dtype, shape, bytes]]) => {
    const entry = { dtype, shape, data_offsets: [end, end + bytes.length] };
    end += bytes.length;
    return [name, entry];
  });
  const header = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const file = new Uint8Array(8 + header.length + end);
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
  file.set(header, 8);
  let at = 8 + header.length;
  for (const [, , bytes] of Object.values(tensors)) {
    file.set(bytes, at);
    at += bytes.length;
  }
  return file.buffer;
}
