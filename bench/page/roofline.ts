import type { Weights } from '../../src/model/core/weights';
import type { Wasm } from './wasm';

/** Bytes of all matrices, including scales. */
export function matrixBytes({ embedding, layers }: Weights): number {
  const matrices = [embedding, ...layers.flatMap(({ qkv, output, up, down }) => [qkv, output, up, down])];
  return matrices.reduce((sum, { bytes, scales }) => sum + bytes.byteLength + (scales?.byteLength ?? 0), 0);
}

/** Rates of plain loops, measured once per round between the contenders. */
export class RooflineSampler {
  readonly readInt8: number[] = [];
  readonly readFloat32: number[] = [];
  readonly float32: number[] = [];
  readonly int8: number[] = [];
  readonly int16: number[] = [];
  readonly adapterCopy: number[] = [];
  private readonly wasm: Wasm;
  private readonly weightBytes: { readonly int8: number; readonly float32: number };
  private readonly copy: AdapterCopy | null;

  static async create(
    wasm: Wasm,
    weightBytes: { readonly int8: number; readonly float32: number },
    gpu: GPU | undefined,
  ): Promise<RooflineSampler> {
    const adapter = await gpu?.requestAdapter();
    const copy = adapter ? new AdapterCopy(await adapter.requestDevice()) : null;
    const sampler = new RooflineSampler(wasm, weightBytes, copy);
    for (let i = 0; i < 3; i++) await sampler.sample(); // so that the browser optimizes the loops
    for (const rates of sampler.lists()) rates.length = 0;
    return sampler;
  }

  private constructor(
    wasm: Wasm,
    weightBytes: { readonly int8: number; readonly float32: number },
    copy: AdapterCopy | null,
  ) {
    this.wasm = wasm;
    this.weightBytes = weightBytes;
    this.copy = copy;
  }

  async sample(): Promise<void> {
    const { kernels, base } = this.wasm;
    const { int8, float32 } = this.weightBytes;
    const rounds = 20_000;
    this.readInt8.push(rate(int8, () => kernels.sum(base, int8)));
    this.readFloat32.push(rate(float32, () => kernels.sum(base, float32)));
    this.float32.push(rate(48 * rounds, () => kernels.multiplyAdd(rounds, 0.5)));
    this.int8.push(rate(32 * rounds, () => kernels.multiplyAddInt8(base, rounds, 0.5)));
    this.int16.push(rate(64 * rounds, () => kernels.multiplyAddInt16(rounds, 3)));
    if (this.copy) this.adapterCopy.push(await this.copy.rate());
  }

  private lists(): number[][] {
    return [this.readInt8, this.readFloat32, this.float32, this.int8, this.int16, this.adapterCopy];
  }
}

/** 10^9 items per second over 30 ms of calls. */
function rate(items: number, run: () => void): number {
  const started = performance.now();
  let calls = 0;
  let elapsed = 0;
  while (elapsed < 30) {
    run();
    calls++;
    elapsed = performance.now() - started;
  }
  return (items * calls) / elapsed / 1e6;
}

class AdapterCopy {
  private static readonly BYTES = 64 * 2 ** 20;
  private readonly device: GPUDevice;
  private readonly from: GPUBuffer;
  private readonly to: GPUBuffer;

  constructor(device: GPUDevice) {
    this.device = device;
    const usage = GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    this.from = device.createBuffer({ size: AdapterCopy.BYTES, usage });
    this.to = device.createBuffer({ size: AdapterCopy.BYTES, usage });
  }

  /** GB/s copied, with as many bytes read as written. */
  async rate(): Promise<number> {
    const { device, from, to } = this;
    const times = 4;
    const encoder = device.createCommandEncoder();
    for (let i = 0; i < times; i++) encoder.copyBufferToBuffer(from, 0, to, 0, AdapterCopy.BYTES);
    const started = performance.now();
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
    return (times * AdapterCopy.BYTES) / (performance.now() - started) / 1e6;
  }
}
