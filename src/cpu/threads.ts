import { EngineError } from '../model/runtime/errors';
import type { Heap } from './heap';
import type { Kernels } from './kernels';
import { WEIGHT_BYTES } from './panels';

/** Multiply-adds from which splitting a product pays. */
export const LEAST_WORK = 2 ** 20;
const START_MS = 10_000;
const ANSWER_MS = 10_000;

/** Words of the control block: job number, busy helpers, kernel, then each helper's arguments. */
const [JOB, WORKING, KERNEL, VALUES] = [0, 1, 2, 16];
const MOST_VALUES = 16;
/** Bytes of a weight in each product. */
const PRODUCTS = {
  multiplyFloat32: WEIGHT_BYTES.float32,
  multiplyInt8: WEIGHT_BYTES.int8,
  multiplyInt16: WEIGHT_BYTES.int8,
  multiplyInt4: WEIGHT_BYTES.int4,
} as const;
const NAMES = Object.keys(PRODUCTS) as (keyof typeof PRODUCTS)[];
/** The arguments that the products have in common (kernels/matrix*.ts). */
type Product = [
  W: number,
  scale: number,
  rows: number,
  columns: number,
  x: number,
  xStrideOrSteps: number,
  y: number,
  yStride: number,
  tokens: number,
  add: boolean,
  scratch?: number, // multiplyInt8 and multiplyInt4 only
];

/** The program of a helper: a worker with the kernels on the shared memory. */
const HELPER = `
onmessage = async ({ data: { module, memory, control, index } }) => {
  const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
  const words = new Int32Array(memory.buffer, control, ${VALUES} + ${MOST_VALUES} * (index + 1));
  const values = words.subarray(${VALUES} + ${MOST_VALUES} * index);
  const kernels = ${JSON.stringify(NAMES)}.map((name) => exports[name]);
  postMessage('ready');
  for (let job = 0; ; ) {
    for (let spins = 0; spins < 2000 && Atomics.load(words, ${JOB}) === job; spins++);
    while (Atomics.load(words, ${JOB}) === job) Atomics.wait(words, ${JOB}, job);
    job = Atomics.load(words, ${JOB});
    kernels[words[${KERNEL}]](...values);
    if (Atomics.sub(words, ${WORKING}, 1) === 1) Atomics.notify(words, ${WORKING});
  }
};`;

/** Workers that share the heap and split the rows of every large product. Each row is the same as without them. */
export class Threads {
  private readonly control: number;
  private readonly workers: readonly Worker[];
  private readonly words: Int32Array;
  private readonly scratches: readonly number[];

  /**
   * @param count number of threads, including this one
   * @param columns columns of the widest matrix
   * @throws EngineError 'device' if workers cannot be started
   */
  static async start(
    module: WebAssembly.Module,
    heap: Heap,
    count: number,
    columns: number,
  ): Promise<Threads> {
    let threads: Threads | null = null;
    try {
      threads = new Threads(heap, count, columns);
      await threads.ready(module, heap.memory);
      return threads;
    } catch (cause) {
      threads?.end();
      const remedy = 'The model runs on one thread instead.';
      throw new EngineError('device', 'Threads could not be started.', remedy, { cause });
    }
  }

  private constructor(heap: Heap, count: number, columns: number) {
    const helpers = Array.from({ length: count - 1 });
    const numbers = VALUES + MOST_VALUES * helpers.length;
    this.control = heap.allocate(4 * numbers);
    this.words = new Int32Array(heap.memory.buffer, this.control, numbers);
    this.scratches = helpers.map(() => heap.allocate(16 * columns));
    const url = URL.createObjectURL(new Blob([HELPER], { type: 'text/javascript' }));
    this.workers = helpers.map((_, i) => new Worker(url, { name: `thread ${i + 1}` }));
    URL.revokeObjectURL(url);
  }

  private ready(module: WebAssembly.Module, memory: WebAssembly.Memory): Promise<unknown> {
    const started = this.workers.map(
      (worker, index) =>
        new Promise((resolve, reject) => {
          worker.onmessage = resolve;
          worker.onerror = reject;
          worker.onmessageerror = reject;
          setTimeout(() => reject(new Error('no answer')), START_MS);
          worker.postMessage({ module, memory, control: this.control, index });
        }),
    );
    return Promise.all(started);
  }

  /** The kernels, with products that run on all threads. */
  share(kernels: Kernels, leastWork: number): Kernels {
    const shared = { ...kernels };
    for (const [n, name] of NAMES.entries()) {
      const kernel = kernels[name] as (...product: Product) => void;
      shared[name] = (...product: Product) => {
        const [, , rows, columns, , , , , tokens] = product;
        if (rows * columns * tokens < leastWork) kernel(...product);
        else this.run(n, kernel, product, PRODUCTS[name]);
      };
    }
    return shared;
  }

  /** Number of threads, including this one. */
  get count(): number {
    return this.workers.length + 1;
  }

  end(): void {
    for (const worker of this.workers) worker.terminate();
  }

  private run(kernel: number, own: (...product: Product) => void, product: Product, bytes: number): void {
    const { words, workers } = this;
    words[KERNEL] = kernel;
    for (const index of workers.keys())
      words.set(this.part(product, index + 1, bytes).map(Number), VALUES + MOST_VALUES * index);
    Atomics.store(words, WORKING, workers.length);
    Atomics.add(words, JOB, 1);
    Atomics.notify(words, JOB);
    own(...this.part(product, 0, bytes));
    for (let spins = 0; spins < 2000 && Atomics.load(words, WORKING) > 0; spins++);
    for (let left = Atomics.load(words, WORKING); left > 0; left = Atomics.load(words, WORKING))
      if (Atomics.wait(words, WORKING, left, ANSWER_MS) === 'timed-out')
        throw new EngineError(
          'device-lost',
          'A thread of the engine died.',
          'The playground continues on one thread.',
        );
  }

  /** The arguments for one thread's part of the rows, in whole panels of four. @param bytes of a weight */
  private part(product: Product, index: number, bytes: number): Product {
    const [W, scale, rows, columns, x, xStrideOrSteps, y, yStride, tokens, add, scratch] = product;
    const from = 4 * Math.floor(((rows / 4) * index) / this.count);
    const to = 4 * Math.floor(((rows / 4) * (index + 1)) / this.count);
    const part: Product = [
      W + from * columns * bytes,
      scale + 4 * from,
      to - from,
      columns,
      x,
      xStrideOrSteps,
      y + 4 * from,
      yStride,
      tokens,
      add,
    ];
    if (scratch !== undefined) part.push(index > 0 ? this.scratches[index - 1] : scratch);
    return part;
  }
}

/** The number of threads for this device; one if memory cannot be shared. */
export function usableThreads(): number {
  if (!globalThis.crossOriginIsolated) return 1;
  return Math.max(1, Math.min(4, navigator.hardwareConcurrency));
}
