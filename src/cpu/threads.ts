import { EngineError } from '../model/runtime/errors';
import type { Heap } from './heap';
import { WEIGHT_BYTES } from './panels';

/** Multiply-adds from which splitting a product pays. */
export const LEAST_WORK = 2 ** 20;
const START_MS = 10_000;
const ANSWER_MS = 10_000;

/** Words of the control block: job number, busy helpers, kernel; from byte VALUES on, float64 arguments of each helper. */
const [JOB, WORKING, KERNEL] = [0, 1, 2];
const VALUES = 64;
const MOST_VALUES = 24;

type Call = readonly number[];

/** How threads share a call of a kernel. */
export interface Split {
  /** Multiply-adds. */
  work(call: Call): number;
  /** Units that a part consists of, such as panels of four rows. */
  units(call: Call): number;
  /** The call for the units from `from` to `to` - 1. @param scratch of a helper; null for the first part */
  part(call: Call, from: number, to: number, scratch: number | null): Call;
}

/** Products share the panels of their matrix (kernels/matrix*.ts). @param bytes of a weight */
const byPanels = (bytes: number): Split => ({
  work: ([, , rows, columns, , , , , tokens]) => rows * columns * tokens,
  units: ([, , rows]) => rows / 4,
  part([W, scale, , columns, x, xStrideOrSteps, y, yStride, tokens, add, ...own], from, to, scratch) {
    const row = 4 * from;
    const of = [W + row * columns * bytes, scale + 4 * row, 4 * (to - from), columns];
    const scratches = own.map((address) => scratch ?? address); // multiplyInt8 and multiplyInt4 only
    return [...of, x, xStrideOrSteps, y + 4 * row, yStride, tokens, add, ...scratches];
  },
});

/** How threads share the kernels of src/cpu/kernels. */
export const FORWARD_SPLITS: Readonly<Record<string, Split>> = {
  multiplyFloat32: byPanels(WEIGHT_BYTES.float32),
  multiplyInt8: byPanels(WEIGHT_BYTES.int8),
  multiplyInt16: byPanels(WEIGHT_BYTES.int8),
  multiplyInt4: byPanels(WEIGHT_BYTES.int4),
  /** Threads share blocks of 16 columns of o. */
  recur: {
    work: ([, , , , , , , , , , E, , , , tokens, first, last]) => 3 * E * (last - first) * tokens,
    units: ([, , , , , , , , , , , , , , , first, last]) => Math.ceil((last - first) / 16),
    part: (call, from, to) => {
      const [first, last] = call.slice(15);
      return [...call.slice(0, 15), first + 16 * from, Math.min(first + 16 * to, last)];
    },
  },
};

export interface ThreadOptions {
  /** Number of threads, including this one. */
  readonly count: number;
  /** The kernels that threads share, by name. */
  readonly splits: Readonly<Record<string, Split>>;
  /** Bytes of scratch of a helper. */
  readonly scratchBytes: number;
}

/** The program of a helper: a worker with the kernels on the shared memory. */
const HELPER = `
onmessage = async ({ data: { modules, memory, control, index, names } }) => {
  const started = modules.map((module) => WebAssembly.instantiate(module, { env: { memory } }));
  const kernels = Object.assign({}, ...(await Promise.all(started)).map(({ exports }) => exports));
  const words = new Int32Array(memory.buffer, control, 3);
  const at = control + ${VALUES} + ${8 * MOST_VALUES} * index;
  const values = new Float64Array(memory.buffer, at, ${MOST_VALUES});
  postMessage('ready');
  for (let job = 0; ; ) {
    for (let spins = 0; spins < 2000 && Atomics.load(words, ${JOB}) === job; spins++);
    while (Atomics.load(words, ${JOB}) === job) Atomics.wait(words, ${JOB}, job);
    job = Atomics.load(words, ${JOB});
    kernels[names[words[${KERNEL}]]](...values);
    if (Atomics.sub(words, ${WORKING}, 1) === 1) Atomics.notify(words, ${WORKING});
  }
};`;

/** Workers that share the heap and split every large call. The results are bit for bit those of one thread. */
export class Threads {
  private readonly splits: ThreadOptions['splits'];
  private readonly names: readonly string[];
  /** Bytes in the heap. */
  readonly bytes: number;
  private readonly control: number;
  private readonly workers: readonly Worker[];
  private readonly words: Int32Array;
  private readonly values: Float64Array;
  private readonly scratches: readonly number[];

  /** @throws EngineError 'device' if workers cannot be started */
  static async start(
    modules: readonly WebAssembly.Module[],
    heap: Heap,
    options: ThreadOptions,
  ): Promise<Threads> {
    let threads: Threads | null = null;
    try {
      threads = new Threads(heap, options);
      await threads.ready(modules, heap.memory);
      return threads;
    } catch (cause) {
      threads?.end();
      const remedy = 'The model runs on one thread instead.';
      throw new EngineError('device', 'Threads could not be started.', remedy, { cause });
    }
  }

  private constructor(heap: Heap, { count, splits, scratchBytes }: ThreadOptions) {
    this.splits = splits;
    this.names = Object.keys(splits);
    const helpers = Array.from({ length: count - 1 });
    const numbers = MOST_VALUES * helpers.length;
    this.control = heap.allocate(VALUES + 8 * numbers);
    this.bytes = VALUES + 8 * numbers + scratchBytes * helpers.length;
    this.scratches = helpers.map(() => heap.allocate(scratchBytes));
    const { buffer } = heap.memory;
    this.words = new Int32Array(buffer, this.control, VALUES / 4);
    this.values = new Float64Array(buffer, this.control + VALUES, numbers);
    const url = URL.createObjectURL(new Blob([HELPER], { type: 'text/javascript' }));
    this.workers = helpers.map((_, i) => new Worker(url, { name: `thread ${i + 1}` }));
    URL.revokeObjectURL(url);
  }

  private ready(modules: readonly WebAssembly.Module[], memory: WebAssembly.Memory): Promise<unknown> {
    const { control, names } = this;
    const started = this.workers.map(
      (worker, index) =>
        new Promise((resolve, reject) => {
          worker.onmessage = resolve;
          worker.onerror = reject;
          worker.onmessageerror = reject;
          setTimeout(() => reject(new Error('no answer')), START_MS);
          worker.postMessage({ modules, memory, control, index, names });
        }),
    );
    return Promise.all(started);
  }

  /** The kernels, with calls of at least this work that run on all threads. */
  share<K extends object>(kernels: K, leastWork: number): K {
    const shared: Record<string, unknown> = Object.fromEntries(Object.entries(kernels));
    for (const [n, name] of this.names.entries()) {
      const kernel = shared[name] as ((...call: Call) => void) | undefined;
      if (!kernel) continue;
      const split = this.splits[name];
      shared[name] = (...values: unknown[]) => {
        const call = values.map(Number);
        if (split.work(call) < leastWork) kernel(...call);
        else this.run(n, kernel, call, split);
      };
    }
    return shared as K;
  }

  /** Number of threads, including this one. */
  get count(): number {
    return this.workers.length + 1;
  }

  end(): void {
    for (const worker of this.workers) worker.terminate();
  }

  private run(n: number, kernel: (...call: Call) => void, call: Call, split: Split): void {
    const { words, values, workers, scratches, count } = this;
    const units = split.units(call);
    const part = (index: number, scratch: number | null) =>
      split.part(
        call,
        Math.floor((units * index) / count),
        Math.floor((units * (index + 1)) / count),
        scratch,
      );
    words[KERNEL] = n;
    for (const [i, scratch] of scratches.entries()) values.set(part(i + 1, scratch), MOST_VALUES * i);
    Atomics.store(words, WORKING, workers.length);
    Atomics.add(words, JOB, 1);
    Atomics.notify(words, JOB);
    kernel(...part(0, null));
    for (let spins = 0; spins < 2000 && Atomics.load(words, WORKING) > 0; spins++);
    for (let left = Atomics.load(words, WORKING); left > 0; left = Atomics.load(words, WORKING))
      if (Atomics.wait(words, WORKING, left, ANSWER_MS) === 'timed-out')
        throw new EngineError(
          'device-lost',
          'A thread of the engine died.',
          'The playground continues on one thread.',
        );
  }
}

/** The number of threads for this device; one if memory cannot be shared. */
export function usableThreads(): number {
  if (!globalThis.crossOriginIsolated) return 1;
  return Math.max(1, Math.min(4, navigator.hardwareConcurrency));
}
