/** Target time of a submission. Stop waits for at most two of them. */
const TARGET_MS = 30;

/** Chooses the size of submissions from the times of earlier ones. */
export class Pace {
  private readonly targetMs: number;
  private unitMs = Number.POSITIVE_INFINITY;
  private free = 0;

  /** @param targetMs target time of a submission; use less if units vary in time */
  constructor(targetMs = TARGET_MS) {
    this.targetMs = targetMs;
  }

  /** Units of work for the next submission: one until the first measurement. */
  size(most: number): number {
    return Math.min(most, Math.max(1, Math.floor(this.targetMs / this.unitMs)));
  }

  /** Submissions in flight: a second one keeps fast devices busy, but on slow devices Stop would wait for it. */
  get depth(): number {
    return this.unitMs > this.targetMs ? 1 : 2;
  }

  /** Whether one unit is too slow for Stop to wait for it. */
  get isSlow(): boolean {
    return Number.isFinite(this.unitMs) && this.unitMs > 2 * this.targetMs;
  }

  /** Call it when a submission is done. The estimate rises faster than it falls. */
  done(units: number, submitted: number): void {
    const now = performance.now();
    const measured = (now - Math.max(submitted, this.free)) / units;
    this.free = now;
    this.unitMs = Number.isFinite(this.unitMs) ? Math.max(measured, 0.7 * this.unitMs) : measured;
  }
}
