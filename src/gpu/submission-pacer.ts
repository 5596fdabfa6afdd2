/** How long a submission should keep the device: Stop waits for at most two of them. */
const TARGET_MS = 30;

/** Sizes submissions by what the ones before took. */
export class Pace {
  private readonly targetMs: number;
  private unitMs = Number.POSITIVE_INFINITY;
  private free = 0;

  /** @param targetMs how long a submission should take; less where units differ much from one another */
  constructor(targetMs = TARGET_MS) {
    this.targetMs = targetMs;
  }

  /** Units of work for the next submission: one until it is known what they take. */
  size(most: number): number {
    return Math.min(most, Math.max(1, Math.floor(this.targetMs / this.unitMs)));
  }

  /** Submissions that may be under way: a second keeps quick devices busy, but Stop would wait for it on slow ones. */
  get depth(): number {
    return this.unitMs > this.targetMs ? 1 : 2;
  }

  /** Whether one unit takes so long that Stop could not wait for it. */
  get isSlow(): boolean {
    return Number.isFinite(this.unitMs) && this.unitMs > 2 * this.targetMs;
  }

  /** To be called when a submission has been done. Remembers slow units longer than quick ones. */
  done(units: number, submitted: number): void {
    const now = performance.now();
    const measured = (now - Math.max(submitted, this.free)) / units;
    this.free = now;
    this.unitMs = Number.isFinite(this.unitMs) ? Math.max(measured, 0.7 * this.unitMs) : measured;
  }
}
