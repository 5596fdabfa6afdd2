/** Finds texts in what is written, however tokens cut them. */
export class StopSequences {
  private readonly sequences: readonly string[];
  /** The end of what was written, too short to hold the longest. */
  private tail = '';
  private readonly reach: number;

  constructor(sequences: readonly string[]) {
    this.sequences = sequences.filter(Boolean);
    this.reach = Math.max(0, ...this.sequences.map(({ length }) => length - 1));
  }

  /** Whether what a token adds to the text completes one. */
  completedBy(piece: string): boolean {
    const text = this.tail + piece;
    this.tail = this.reach ? text.slice(-this.reach) : '';
    return this.sequences.some((sequence) => text.includes(sequence));
  }
}
