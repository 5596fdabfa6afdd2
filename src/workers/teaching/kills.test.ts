import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { PrivateFiles } from '../../../tests/private-files';
import { smallModel } from '../../../tests/small-model';
import { createWasmLearner } from '../../cpu/finetuning/wasm-learner';
import type { Learner } from '../../model/finetuning/learner';
import { checkFiles } from '../../model/runtime/check-files';
import { EngineError } from '../../model/runtime/errors';
import type { Model } from '../../model/runtime/folder';
import { hash } from '../../model/sampling/random';
import type { ModelSource } from '../model-source';
import { forgetLesson, keepLesson, openLesson } from './lesson-files';
import { listTaught } from './taught-models';
import { Teacher } from './teacher';

const KILLS = Number(process.env.KILLS ?? 10);
const SEED = Number(process.env.SEED ?? 1);
const MOST_OPERATIONS = 80; // of the learner or the disk, until a kill

const KINDS = [
  'the tab is closed',
  'the worker is killed',
  'the device is lost',
  'the disk is full',
] as const;
type Kind = (typeof KINDS)[number];

const TEXT = 'The tea in the tin and the hen in the inn. '.repeat(30);
const SETTINGS = { rank: 2, rate: 0.01, rounds: 20, seed: 0 };

let disk: PrivateFiles;
beforeEach(() => {
  disk = new PrivateFiles();
  let now = 0; // each look at the clock takes 0.3 s, so that a checkpoint is due every few steps
  vi.spyOn(performance, 'now').mockImplementation(() => (now += 300));
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** A visit of a page, which ends after a number of operations. */
class Visit {
  /** Of the last checkpoint that the page reported as kept. */
  kept = -1;
  readonly ended: Promise<undefined>;
  readonly teacher: Teacher;
  private readonly kind: Kind;
  private left: number;
  private end: (nothing?: undefined) => void = () => {};

  constructor(kind: Kind, operations: number, room: number) {
    this.kind = kind;
    this.left = operations;
    this.ended = new Promise((resolve) => {
      this.end = resolve;
    });
    // A closed tab ends between the operations of its worker, a killed worker also in the middle of a change of the disk.
    disk.onChange = () => {
      if (kind === 'the worker is killed') this.count();
    };
    this.teacher = new Teacher({
      readFile: () => {
        throw new Error('no folder');
      },
      createLearner: async (model: Model, rank: number) => this.watch(await createWasmLearner(model, rank)),
      claimLesson: async () => {},
      readProse: async () => 'The hen.',
      keepLesson: async (lesson) => {
        const { step } = lesson.checkpoint.moments;
        if (kind === 'the disk is full' && this.kept >= 0 && this.left < operations / 2) disk.room = room;
        const isKept = await keepLesson(lesson);
        await this.unlessDead();
        if (isKept) this.kept = step;
        return isKept;
      },
      forgetLesson: async (id) => {
        await this.unlessDead();
        await forgetLesson(id);
        await this.unlessDead();
      },
    });
  }

  private watch(learner: Learner): Learner {
    const before = async <T>(work: () => Promise<T>) => {
      this.count();
      await this.unlessDead();
      if (this.left === 0 && this.kind === 'the device is lost') {
        this.left--;
        throw new EngineError('device-lost', 'The device is lost.', 'Continue.');
      }
      return work();
    };
    return {
      use: (adapter) => learner.use(adapter),
      restart: () => learner.restart(),
      destroy: () => learner.destroy(),
      score: (...segment) => before(() => learner.score(...segment)),
      learn: (...segment) => before(() => learner.learn(...segment)),
    };
  }

  /** Counts an operation after the first checkpoint. */
  private count(): void {
    if (this.kept < 0 || this.left <= 0) return;
    this.left--;
    if (this.left === 0 && this.kind !== 'the device is lost') disk.isFrozen = true;
  }

  /** Never returns after the end of the visit. */
  private async unlessDead(): Promise<void> {
    if (!disk.isFrozen) return;
    this.end();
    await new Promise(() => {});
  }
}

async function small(): Promise<ModelSource> {
  const blobs = Object.entries(smallModel()).map(([name, bytes]) => [name, new Blob([bytes.slice()])]);
  const { manifest, files } = await checkFiles(Object.fromEntries(blobs), 'Small');
  return { digest: manifest.digest, files };
}

/** `KILLS=200 SEED=1 npx vitest run src/workers/teaching/kills.test.ts` makes 200. */
test(`${KILLS} kills of seed ${SEED} lose neither the text nor the last checkpoint`, {
  timeout: 60_000 + KILLS * 10_000,
}, async () => {
  const model = await small();
  const counts = Object.fromEntries(KINDS.map((kind) => [kind, 0]));
  let id: string | null = null;
  for (let [n, kills] = [0, 0]; kills < KILLS; n++) {
    const kind = KINDS[(n + SEED) % KINDS.length];
    const visit = new Visit(kind, 1 + (hash(SEED, n, 0) % MOST_OPERATIONS), hash(SEED, n, 1) % 12_000);
    const { teacher } = visit;
    const saved = id === null ? null : await openLesson(id);
    const before = saved?.checkpoint.moments.step ?? 0;
    const texts = [{ name: 'tea.txt', file: new Blob([TEXT]) }];
    const prepared: { id: string } = saved
      ? await teacher.resume(model, saved)
      : await teacher.open({ model, texts });
    id = prepared.id;
    const done = await Promise.race([
      visit.ended,
      teacher.teach(SETTINGS, () => {}).catch((error: EngineError) => error.code),
    ]);
    disk.isFrozen = false;
    disk.onChange = () => {};
    disk.room = 1e9;
    const place = `visit ${n}: ${kind}`;
    if (typeof done === 'object' && done) {
      const kept = (await listTaught()).map(({ key }) => key);
      if (done.isKept) expect(kept, place).toContain(done.model.adapter.digest);
    } else {
      expect(done, place).toBe(kind === 'the device is lost' ? 'device-lost' : undefined);
      counts[kind]++;
      kills++;
    }
    const lesson = await openLesson(id);
    if (!lesson) {
      // It had ended: its taught model is there.
      expect(await listTaught(), place).toHaveLength(1);
      disk = new PrivateFiles();
      id = null;
      continue;
    }
    expect(await lesson.texts[0].file.text(), place).toBe(TEXT);
    expect(lesson.checkpoint.moments.step, place).toBeGreaterThanOrEqual(Math.max(before, visit.kept));
    expect(lesson.checkpoint.adapter.values.every(Number.isFinite), place).toBe(true);
  }
  if (process.env.KILLS) console.log(counts);
});
