import { EngineError } from '../model/runtime/errors';
import type { Heap } from './heap';
import { WEIGHT_BYTES } from './panels';

/** Multiply-adds from which splitting a product pays. */
export const LEAST_WORK = 2 ** 20;
const START_MS = 10_000;
const ANSWER_MS = 10_000;

/**
 * Words of the control block: the job's number, above six bits that count its parts that no thread has taken yet; parts that
 * are done; all parts; the kernel; the position of its scratch argument, or -1.
 */
const [JOB, DONE, PARTS, KERNEL, SCRATCH] = [0, 1, 2, 3, 4];
/** From this byte of the control block on: the float64 arguments of each part. */
const VALUES = 64;
const MOST_VALUES = 24;
const MOST_PARTS = 63;
/** Parts of a large job, for each thread: a thread that is slow for a while takes fewer. */
const PARTS_PER_THREAD = 4;

type Call = readonly number[];

/** How threads share a call of a kernel. */
export interface Split {
  /** Multiply-adds. */
  work(call: Call): number;
  /** Units that a part consists of, such as panels of four rows. */
  units(call: Call): number;
  /** The call for the units from `from` to `to` - 1. */
  part(call: Call, from: number, to: number): Call;
  /** The position of the argument that is the address of a thread's scratch. */
  readonly scratch?: number;
}

/** Products share the panels of their matrix (kernels/matrix*.ts). @param bytes of a weight */
const byPanels = (bytes: number): Split => ({
  work: ([, , rows, columns, , , , , tokens]) => rows * columns * tokens,
  units: ([, , rows]) => rows / 4,
  part([W, scale, , columns, x, xStrideOrSteps, y, ...rest], from, to) {
    const row = 4 * from;
    const of = [W + row * columns * bytes, scale + 4 * row, 4 * (to - from), columns];
    return [...of, x, xStrideOrSteps, y + 4 * row, ...rest];
  },
});

/** How threads share the kernels of src/cpu/kernels. */
export const FORWARD_SPLITS: Readonly<Record<string, Split>> = {
  multiplyFloat32: byPanels(WEIGHT_BYTES.float32),
  multiplyInt8: { ...byPanels(WEIGHT_BYTES.int8), scratch: 10 },
  multiplyInt16: byPanels(WEIGHT_BYTES.int8),
  multiplyInt4: { ...byPanels(WEIGHT_BYTES.int4), scratch: 10 },
  /** Threads share the tokens. */
  proportions: {
    work: ([, , heads, e, , , width, , , tokens]) => heads * e * width * tokens,
    units: ([, , , , , , , , , tokens]) => tokens,
    part([u, stride, heads, e, factor, module, width, scratch, P], from, to) {
      const own = [heads, e, factor, module, width, scratch];
      return [u + 4 * from * stride, stride, ...own, P + 8 * from * heads, to - from];
    },
    scratch: 7,
  },
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

/** The program of a helper: a worker with the kernels on the shared memory. `scratch` is the address of its own. */
const HELPER = `
onmessage = async ({ data: { modules, memory, control, scratch, names } }) => {
  const started = modules.map((module) => WebAssembly.instantiate(module, { env: { memory } }));
  const kernels = Object.assign({}, ...(await Promise.all(started)).map(({ exports }) => exports));
  const words = new Int32Array(memory.buffer, control, 5);
  const values = new Float64Array(memory.buffer, control + ${VALUES}, ${MOST_VALUES * MOST_PARTS});
  postMessage('ready');
  for (;;) {
    for (let spins = 0; spins < 2000 && (Atomics.load(words, ${JOB}) & ${MOST_PARTS}) === 0; spins++);
    const job = Atomics.load(words, ${JOB});
    const part = (job & ${MOST_PARTS}) - 1;
    if (part < 0) Atomics.wait(words, ${JOB}, job);
    else if (Atomics.compareExchange(words, ${JOB}, job, job - 1) === job) {
      const call = [...values.subarray(${MOST_VALUES} * part, ${MOST_VALUES} * (part + 1))];
      if (words[${SCRATCH}] >= 0) call[words[${SCRATCH}]] = scratch;
      kernels[names[words[${KERNEL}]]](...call);
      if (Atomics.add(words, ${DONE}, 1) + 1 === words[${PARTS}]) Atomics.notify(words, ${DONE});
    }
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
    const numbers = MOST_VALUES * MOST_PARTS;
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
    const { control, names, scratches } = this;
    const started = this.workers.map(
      (worker, i) =>
        new Promise((resolve, reject) => {
          worker.onmessage = resolve;
          worker.onerror = reject;
          worker.onmessageerror = reject;
          setTimeout(() => reject(new Error('no answer')), START_MS);
          worker.postMessage({ modules, memory, control, scratch: scratches[i], names });
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
    const { words, values, count } = this;
    const units = split.units(call);
    const most = Math.min(units, PARTS_PER_THREAD * count, MOST_PARTS);
    const parts = Math.min(most, Math.max(count, Math.floor(split.work(call) / LEAST_WORK)));
    const calls = Array.from({ length: parts }, (_, i) =>
      split.part(call, Math.floor((units * i) / parts), Math.floor((units * (i + 1)) / parts)),
    );
    for (const [i, part] of calls.entries()) values.set(part, MOST_VALUES * i);
    words[KERNEL] = n;
    words[SCRATCH] = split.scratch ?? -1;
    words[PARTS] = parts;
    words[DONE] = 0;
    Atomics.store(words, JOB, (Atomics.load(words, JOB) & ~MOST_PARTS) + MOST_PARTS + 1 + parts);
    Atomics.notify(words, JOB);
    for (let job = Atomics.load(words, JOB); job & MOST_PARTS; job = Atomics.load(words, JOB))
      if (Atomics.compareExchange(words, JOB, job, job - 1) === job) {
        kernel(...calls[(job & MOST_PARTS) - 1]);
        Atomics.add(words, DONE, 1);
      }
    for (let spins = 0; spins < 2000 && Atomics.load(words, DONE) < parts; spins++);
    for (let done = Atomics.load(words, DONE); done < parts; done = Atomics.load(words, DONE))
      if (Atomics.wait(words, DONE, done, ANSWER_MS) === 'timed-out')
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
