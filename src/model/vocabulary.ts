/** The bytes that each token stands for, as one block: what the page needs to show tokens. */
export interface Vocabulary {
  readonly bytes: Uint8Array;
  /** Token n stands for bytes[starts[n]] up to bytes[starts[n + 1]]. */
  readonly starts: Uint32Array;
}

export function packVocabulary(tokens: readonly Uint8Array[]): Vocabulary {
  const starts = new Uint32Array(tokens.length + 1);
  for (const [id, token] of tokens.entries()) starts[id + 1] = starts[id] + token.length;
  const bytes = new Uint8Array(starts[tokens.length]);
  for (const [id, token] of tokens.entries()) bytes.set(token, starts[id]);
  return { bytes, starts };
}

/** No bytes for an id outside the vocabulary. */
export function tokenBytes({ bytes, starts }: Vocabulary, id: number): Uint8Array {
  return bytes.subarray(starts[id] ?? 0, starts[id + 1] ?? 0);
}

/** Turns tokens into text as they come; holds back the bytes of a character that is not complete. */
export class StreamingDecoder {
  private readonly bytesOf: (id: number) => Uint8Array;
  private readonly utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

  /** @param before tokens that stand before: their last, incomplete character is completed by the first pushes. */
  constructor(bytesOf: (id: number) => Uint8Array, before: ArrayLike<number> = []) {
    this.bytesOf = bytesOf;
    // A character has at most 4 bytes, so it began at most 3 tokens ago.
    for (let i = Math.max(0, before.length - 3); i < before.length; i++) this.push(before[i]);
  }

  push(id: number): string {
    return this.utf8.decode(this.bytesOf(id), { stream: true });
  }
}

const SYMBOLS: Record<string, string> = { ' ': '·', '\n': '␊', '\t': '␉', '\r': '␍', '\f': '␌' };

/** A token for people: spaces as ·, line ends as ␊, what cannot be seen as <U+200B>, parts of characters as <0xE2>. */
export function showToken(token: Uint8Array): string {
  let shown = '';
  for (let at = 0; at < token.length; ) {
    const size = characterSize(token, at);
    if (size === 0) shown += `<0x${token[at++].toString(16).toUpperCase().padStart(2, '0')}>`;
    else {
      shown += showCharacter(
        new TextDecoder('utf-8', { ignoreBOM: true }).decode(token.subarray(at, at + size)),
      );
      at += size;
    }
  }
  return shown;
}

function showCharacter(character: string): string {
  if (SYMBOLS[character]) return SYMBOLS[character];
  // Control, format, separators, private, unassigned; marks that would sit on what stands before.
  if (!/^[\p{C}\p{Z}\p{M}]$/u.test(character)) return character;
  return `<U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}>`;
}

/** Bytes of the whole UTF-8 character that begins at `at`; 0 when none does. */
function characterSize(bytes: Uint8Array, at: number): number {
  const first = bytes[at];
  const size = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  if (size === 0 || at + size > bytes.length) return 0;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(at, at + size));
    return size;
  } catch {
    return 0;
  }
}
