import { env, InferenceSession, Tensor } from 'onnxruntime-web/wasm';
import type { Config } from '../../src/model/core/config';
import type { Contender } from './contender';
import { argmax, ONNX_RUNTIME_FILES, stateShapes } from './onnx-model';

type States = Readonly<Record<string, Tensor>>;

/** onnxruntime-web on its WebAssembly provider, one thread. It has no binding for states, so they pass through JavaScript. */
export class OnnxWasm implements Contender {
  private readonly session: InferenceSession;
  private readonly zeros: States;
  private states: States;
  private lastLogits = new Float32Array();
  private marked: { readonly states: States; readonly logits: Float32Array<ArrayBuffer> } | null = null;

  static async open(model: Uint8Array, config: Config): Promise<OnnxWasm> {
    env.wasm.numThreads = 1;
    env.wasm.wasmPaths = ONNX_RUNTIME_FILES;
    const session = await InferenceSession.create(model, {
      executionProviders: ['wasm'],
      graphOptimizationLevel: 'all',
    });
    return new OnnxWasm(session, config);
  }

  private constructor(session: InferenceSession, config: Config) {
    this.session = session;
    const zeros = stateShapes(config).map(({ name, shape, size }) => [
      name,
      new Tensor('float32', new Float32Array(size), shape),
    ]);
    this.zeros = Object.fromEntries(zeros);
    this.states = this.zeros;
  }

  async reset(): Promise<void> {
    this.states = this.zeros;
  }

  async read(tokens: readonly number[]): Promise<void> {
    const ids = new Tensor('int64', BigInt64Array.from(tokens, BigInt), [1, tokens.length]);
    const { logits, ...next } = await this.session.run({ tokens: ids, ...this.states });
    this.lastLogits = logits.data as Float32Array<ArrayBuffer>;
    this.states = Object.fromEntries(
      Object.entries(next).map(([name, tensor]) => [name.replace('next_', ''), tensor as Tensor]),
    );
  }

  async logits(): Promise<Float32Array> {
    return this.lastLogits;
  }

  async mark(): Promise<void> {
    this.marked = { states: this.states, logits: this.lastLogits };
  }

  async rewind(): Promise<void> {
    this.states = this.marked!.states;
    this.lastLogits = this.marked!.logits;
  }

  async decode(count: number): Promise<number[]> {
    const ids: number[] = [];
    for (let i = 0; i < count; i++) {
      ids.push(argmax(this.lastLogits));
      await this.read(ids.slice(-1));
    }
    return ids;
  }
}
