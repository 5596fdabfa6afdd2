/** The bytes of all tokens in one block, for the page to show tokens. */
export interface Vocabulary {
  readonly bytes: Uint8Array;
  /** The bytes of token n are bytes[starts[n]] up to bytes[starts[n + 1]]. */
  readonly starts: Uint32Array;
}

export function packVocabulary(tokens: readonly Uint8Array[]): Vocabulary {
  const starts = new Uint32Array(tokens.length + 1);
  for (const [id, token] of tokens.entries()) starts[id + 1] = starts[id] + token.length;
  const bytes = new Uint8Array(starts[tokens.length]);
  for (const [id, token] of tokens.entries()) bytes.set(token, starts[id]);
  return { bytes, starts };
}

/** The bytes of a token; none for an id outside the vocabulary. */
export function tokenBytes({ bytes, starts }: Vocabulary, id: number): Uint8Array {
  return bytes.subarray(starts[id] ?? 0, starts[id + 1] ?? 0);
}

const NONE = new Uint8Array();

/**
 * Decodes tokens to text as they arrive. A token whose bytes end inside a character has no text; the token that completes
 * the character has the text of both. So a text can be cut after every token that has text.
 */
export class StreamingDecoder {
  private readonly bytesOf: (id: number) => Uint8Array;
  private readonly utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
  /** Bytes of the tokens that have no text yet. */
  private held = NONE;

  /** @param before earlier tokens, whose incomplete last character the next tokens complete */
  constructor(bytesOf: (id: number) => Uint8Array, before: ArrayLike<number> = []) {
    this.bytesOf = bytesOf;
    let first = before.length;
    while (first > 0 && !endsCharacter(bytesOf(before[first - 1]))) first--;
    for (let i = first; i < before.length; i++) this.push(before[i]);
  }

  push(id: number): string {
    const bytes = joinBytes(this.held, this.bytesOf(id));
    const text = this.utf8.decode(bytes, { stream: true });
    const isOpen = this.utf8.decode() !== ''; // an unfinished character is flushed as U+FFFD
    this.held = isOpen ? bytes : NONE;
    return isOpen ? '' : text;
  }
}

function joinBytes(a: Uint8Array<ArrayBuffer>, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(a.length + b.length);
  whole.set(a);
  whole.set(b, a.length);
  return whole;
}

/** Whether these bytes end with a whole character, after any other bytes. */
function endsCharacter(bytes: Uint8Array): boolean {
  let start = bytes.length - 1;
  while (start > 0 && (bytes[start] & 0xc0) === 0x80) start--;
  return start >= 0 && characterSize(bytes, start) === bytes.length - start;
}

const SYMBOLS: Record<string, string> = { ' ': '·', '\n': '␊', '\t': '␉', '\r': '␍', '\f': '␌' };

/** A token in visible form: spaces as ·, line ends as ␊, invisible characters as <U+200B>, partial characters as <0xE2>. */
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
  // Control, format, separator, private and unassigned characters; marks that would combine with the previous character.
  if (!/^[\p{C}\p{Z}\p{M}]$/u.test(character)) return character;
  return `<U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}>`;
}

/** Length in bytes of the UTF-8 character that begins at `at`; 0 if there is none. */
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
