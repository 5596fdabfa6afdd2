/** Target duration of a submission. Stop waits for at most two of them. */
const TARGET_MS = 30;

/** Sizes submissions by the time that earlier ones took. */
export class SubmissionPacer {
  private readonly targetMs: number;
  private unitMs = Number.POSITIVE_INFINITY;
  private free = 0;

  /** @param targetMs how long a submission should take; shorter if the units differ much */
  constructor(targetMs = TARGET_MS) {
    this.targetMs = targetMs;
  }

  /** Units of work for the next submission: one until the time per unit is measured. */
  size(most: number): number {
    return Math.min(most, Math.max(1, Math.floor(this.targetMs / this.unitMs)));
  }

  /** The most submissions at a time: a second one keeps fast devices busy, but on slow ones Stop would wait for it. */
  get depth(): number {
    return this.unitMs > this.targetMs ? 1 : 2;
  }

  /** Whether one unit is too slow for Stop to wait for it. */
  get isSlow(): boolean {
    return Number.isFinite(this.unitMs) && this.unitMs > 2 * this.targetMs;
  }

  /** Records that a submission is done. A slow measurement decays over several fast ones. */
  done(units: number, submitted: number): void {
    const now = performance.now();
    const measured = (now - Math.max(submitted, this.free)) / units;
    this.free = now;
    this.unitMs = Number.isFinite(this.unitMs) ? Math.max(measured, 0.7 * this.unitMs) : measured;
  }
}
