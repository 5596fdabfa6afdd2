import { env, InferenceSession, Tensor } from 'onnxruntime-web/webgpu';
import type { Config } from '../../src/model/core/config';
import type { Contender } from './contender';
import { argmax, ONNX_RUNTIME_FILES, stateShapes } from './onnx-model';

interface State {
  readonly now: GPUBuffer;
  readonly next: GPUBuffer;
  readonly marked: GPUBuffer;
}

/**
 * onnxruntime-web on its WebGPU provider. All inputs and outputs are bound to device buffers. Only the logits of each
 * token are read back, and the caller samples.
 */
export class OnnxWebGpu implements Contender {
  private readonly session: InferenceSession;
  private readonly device: GPUDevice;
  private readonly states: readonly State[];
  private readonly inputs: Record<string, Tensor> = {};
  private readonly outputs: Record<string, Tensor> = {};
  private readonly logitsBuffer: GPUBuffer;
  private readonly staging: GPUBuffer;
  private readonly tokenBuffers = new Map<number, { buffer: GPUBuffer; tensor: Tensor }>();
  private lastLogits = new Float32Array();
  private markedLogits = new Float32Array();

  static async open(model: Uint8Array, config: Config): Promise<OnnxWebGpu> {
    env.wasm.numThreads = 1;
    env.wasm.wasmPaths = ONNX_RUNTIME_FILES;
    const session = await InferenceSession.create(model, {
      executionProviders: [{ name: 'webgpu', validationMode: 'disabled' }],
      graphOptimizationLevel: 'all',
      preferredOutputLocation: 'gpu-buffer',
    });
    return new OnnxWebGpu(session, config, await env.webgpu.device);
  }

  private constructor(session: InferenceSession, config: Config, device: GPUDevice) {
    this.session = session;
    this.device = device;
    const { STORAGE, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
    const buffer = (size: number) => device.createBuffer({ size, usage: STORAGE | COPY_SRC | COPY_DST });
    this.states = stateShapes(config).map(({ name, shape, size }) => {
      const [now, next, marked] = [buffer(4 * size), buffer(4 * size), buffer(4 * size)];
      this.inputs[name] = Tensor.fromGpuBuffer(now, { dataType: 'float32', dims: shape });
      this.outputs[`next_${name}`] = Tensor.fromGpuBuffer(next, { dataType: 'float32', dims: shape });
      return { now, next, marked };
    });
    const { vocabSize } = config;
    this.logitsBuffer = buffer(4 * vocabSize);
    this.outputs.logits = Tensor.fromGpuBuffer(this.logitsBuffer, {
      dataType: 'float32',
      dims: [1, 1, vocabSize],
    });
    this.staging = device.createBuffer({ size: 4 * vocabSize, usage: MAP_READ | COPY_DST });
  }

  async reset(): Promise<void> {
    const encoder = this.device.createCommandEncoder();
    for (const { now } of this.states) encoder.clearBuffer(now);
    this.device.queue.submit([encoder.finish()]);
    await this.device.queue.onSubmittedWorkDone();
  }

  async read(tokens: readonly number[]): Promise<void> {
    const { device, session, inputs, outputs, staging } = this;
    const ids = this.tokenBuffer(tokens.length);
    device.queue.writeBuffer(ids.buffer, 0, BigInt64Array.from(tokens, BigInt));
    await session.run({ tokens: ids.tensor, ...inputs }, outputs);
    const encoder = device.createCommandEncoder();
    for (const { next, now } of this.states) encoder.copyBufferToBuffer(next, 0, now, 0, now.size);
    encoder.copyBufferToBuffer(this.logitsBuffer, 0, staging, 0, staging.size);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    this.lastLogits = new Float32Array(staging.getMappedRange()).slice();
    staging.unmap();
  }

  async logits(): Promise<Float32Array> {
    return this.lastLogits;
  }

  mark(): Promise<void> {
    this.markedLogits = this.lastLogits;
    return this.copyStates('now', 'marked');
  }

  rewind(): Promise<void> {
    this.lastLogits = this.markedLogits;
    return this.copyStates('marked', 'now');
  }

  async decode(count: number): Promise<number[]> {
    const ids: number[] = [];
    for (let i = 0; i < count; i++) {
      ids.push(argmax(this.lastLogits));
      await this.read(ids.slice(-1));
    }
    return ids;
  }

  private async copyStates(from: 'now' | 'marked', to: 'now' | 'marked'): Promise<void> {
    const encoder = this.device.createCommandEncoder();
    for (const state of this.states) encoder.copyBufferToBuffer(state[from], 0, state[to], 0, state[to].size);
    this.device.queue.submit([encoder.finish()]);
    await this.device.queue.onSubmittedWorkDone();
  }

  /** A cached buffer for ids of one length. */
  private tokenBuffer(length: number) {
    const known = this.tokenBuffers.get(length);
    if (known) return known;
    const size = Math.max(16, 8 * length);
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
    const buffer = this.device.createBuffer({ size, usage });
    const tensor = Tensor.fromGpuBuffer(buffer, { dataType: 'int64', dims: [1, length] });
    const made = { buffer, tensor };
    this.tokenBuffers.set(length, made);
    return made;
  }
}
