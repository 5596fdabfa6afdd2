import { type Backend, nextBest, type Streams } from '../model/runtime/backend';
import { EngineError } from '../model/runtime/errors';
import type { Model } from '../model/runtime/folder';
import type { BackendChoice, BackendInfo } from './messages';
import type { SnapshotStore } from './snapshot-store';
import { TextStream } from './text-stream';

export interface ChosenBackend {
  readonly backend: Backend;
  /** One open stream. */
  readonly streams: Streams;
  readonly info: BackendInfo;
}

export type CreateBackend = (model: Model, choice: BackendChoice) => Promise<ChosenBackend>;

export interface Running extends Omit<ChosenBackend, 'streams'> {
  /** The stream that generates. */
  readonly text: TextStream;
}

/** Runs a model on a backend, and moves to another backend when that one fails. */
export class Runner {
  private readonly createBackend: CreateBackend;
  private readonly snapshots: SnapshotStore;
  private readonly model: Model;
  private readonly choice: BackendChoice;
  private current: Running | null = null;

  constructor(createBackend: CreateBackend, snapshots: SnapshotStore, model: Model, choice: BackendChoice) {
    this.createBackend = createBackend;
    this.snapshots = snapshots;
    this.model = model;
    this.choice = choice;
  }

  /** Null until `ready`, and after `stop`. */
  get running(): Running | null {
    return this.current;
  }

  async ready(): Promise<Running> {
    return this.current ?? this.start(this.choice);
  }

  /** Frees the backend. */
  stop(): void {
    this.current?.backend.destroy();
    this.current = null;
  }

  /** Runs `work`; if a device fails, runs it again on another one. */
  async surviving<T>(
    work: (running: Running) => Promise<T>,
    onRecovered: (message: string, backend: BackendInfo) => void | Promise<void>,
  ): Promise<T> {
    for (let losses = 0; ; losses++) {
      try {
        return await work(await this.ready());
      } catch (thrown) {
        const error = EngineError.from(thrown);
        if (error.code !== 'device-lost' && error.code !== 'device') throw error;
        const { info } = await this.recover(error, losses);
        await onRecovered(error.message, info);
      }
    }
  }

  private async start(choice: BackendChoice): Promise<Running> {
    this.stop();
    const { streams, ...chosen } = await this.createBackend(this.model, choice);
    this.current = { ...chosen, text: new TextStream(streams, this.snapshots) };
    return this.current;
  }

  /**
   * A new device after a loss; the next best backend after repeated losses, or if a device does not suffice. Snapshots
   * are in memory and stay valid.
   */
  private async recover(error: EngineError, losses: number): Promise<Running> {
    const below = nextBest(this.current!.info.kind);
    const again = error.code === 'device-lost' && losses < 2;
    for (const choice of again ? [this.choice, ...below] : below)
      try {
        const { info, ...started } = await this.start(choice);
        this.current = { ...started, info: { ...info, reason: info.reason ?? error.message } };
        return this.current;
      } catch (failure) {
        if (EngineError.from(failure).code !== 'device') throw failure;
      }
    throw error;
  }
}
