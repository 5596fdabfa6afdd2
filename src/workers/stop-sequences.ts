/** Finds stop sequences in the generated text, across token borders. */
export class StopSequences {
  private readonly sequences: readonly string[];
  /** The end of the generated text, one character shorter than the longest sequence. */
  private tail = '';
  private readonly reach: number;

  constructor(sequences: readonly string[]) {
    this.sequences = sequences.filter(Boolean);
    this.reach = Math.max(0, ...this.sequences.map(({ length }) => length - 1));
  }

  /** Whether the text of a token completes a sequence. */
  completedBy(piece: string): boolean {
    const text = this.tail + piece;
    this.tail = this.reach ? text.slice(-this.reach) : '';
    return this.sequences.some((sequence) => text.includes(sequence));
  }
}
