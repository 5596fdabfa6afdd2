import type { Config } from '../core/config';
import { proportionModules, sinusoid } from '../core/reference';
import { dequantize, type LayerWeights, type Matrix, type Weights } from '../core/weights';
import type { ModelData } from '../runtime/backend';
import { type Adapter, adapterSize, factors, merge, TARGETS, type Target } from './adapter';
import type { Learner, SegmentGradient, SegmentLoss } from './learner';
import { type Multiplied, Tape, type Value, value } from './tape';

/** The recurrent state of a layer. Gradients end at the values of the segment before. */
interface LayerState {
  /** Of each head, [E, e] and [E]. */
  readonly S: Value[];
  readonly z: Value[];
  /** The last inputs of the convolution, oldest first. */
  inputs: Value[];
}

/** The gradient of the reference in float64, token by token. Keeps every state of a segment: for small models and tests. */
export class ReferenceLearner implements Learner {
  private readonly config: Config;
  private readonly weights: Weights;
  private readonly embedding: Multiplied;
  private layers: Record<Target, Multiplied>[] = [];
  private gradient = new Float64Array();
  private states: LayerState[] = [];
  private position = 0;

  constructor({ config, weights }: ModelData, adapter: Adapter<Float32Array | Float64Array>) {
    this.config = config;
    this.weights = weights;
    const { embedding } = weights;
    this.embedding = { ...shapeOf(embedding), W: Float64Array.from(dequantize(embedding)), adapter: null };
    this.use(adapter);
    this.restart();
  }

  use({ rank, scale, values }: Adapter<Float32Array | Float64Array>): void {
    const { config, weights } = this;
    this.gradient = new Float64Array(adapterSize(config, rank));
    const gradients = factors(config, rank, this.gradient);
    this.layers = factors(config, rank, Float64Array.from(values)).map((layer, n) => {
      const multiplied = TARGETS.map((target) => {
        const [matrix, { A, B }] = [weights.layers[n][target], layer[target]];
        const { A: gradientA, B: gradientB } = gradients[n][target];
        const W = merge(matrix, dequantize(matrix), { A, B }, scale);
        return [target, { ...shapeOf(matrix), W, adapter: { A, B, scale, gradientA, gradientB } }];
      });
      return Object.fromEntries(multiplied);
    });
  }

  restart(): void {
    const { layers, heads, headWidth: e, stateRows: E, hiddenSize, convKernel } = this.config;
    const zeros = (count: number, length: number) =>
      Array.from({ length: count }, () => value(new Float64Array(length)));
    this.position = 0;
    this.states = Array.from({ length: layers }, () => ({
      S: zeros(heads, E * e),
      z: zeros(heads, E),
      inputs: zeros(Math.max(convKernel - 1, 0), 3 * hiddenSize),
    }));
  }

  async score(tokens: ArrayLike<number>, targets: ArrayLike<number>): Promise<SegmentLoss> {
    return { nats: this.read(new Tape(), tokens, targets) };
  }

  async learn(tokens: ArrayLike<number>, targets: ArrayLike<number>): Promise<SegmentGradient> {
    const tape = new Tape();
    const nats = this.read(tape, tokens, targets);
    this.gradient.fill(0);
    tape.backward();
    return { nats, gradient: this.gradient.slice() };
  }

  destroy(): void {}

  /** Records a segment, and moves the state to its end. Returns the nats of all targets. */
  private read(tape: Tape, tokens: ArrayLike<number>, targets: ArrayLike<number>): number {
    this.states = this.states.map(({ S, z, inputs }) => ({
      S: S.map(detach),
      z: z.map(detach),
      inputs: inputs.map(detach),
    }));
    let nats = 0;
    for (let t = 0; t < tokens.length; t++) {
      const logits = tape.multiply(this.embedding, this.step(tape, tokens[t]));
      nats += tape.crossEntropy(logits, targets[t], 1 / tokens.length);
    }
    return nats;
  }

  /** `Reference.step` on a tape. */
  private step(tape: Tape, token: number): Value {
    const { hiddenSize: d, embeddingScale, bosTokenId, rmsNormEps: eps } = this.config;
    const opens = token === bosTokenId;
    if (opens) this.position = 0;
    const wave = this.config.position === 'sinusoidal' ? sinusoid(this.position, d) : new Float64Array(d);
    let x = value(wave.map((w, i) => this.embedding.W[token * d + i] * embeddingScale + w));
    for (const [n, { qkv, output, up, down }] of this.layers.entries()) {
      const layer = this.weights.layers[n];
      const attended = this.attention(tape, n, qkv, tape.rms(x, layer.attentionNorm, eps), opens);
      x = tape.add(x, tape.multiply(output, attended));
      const hidden = tape.squaredRelu(tape.multiply(up, tape.rms(x, layer.mlpNorm, eps)));
      x = tape.add(x, tape.multiply(down, hidden));
    }
    this.position++;
    return tape.rms(x, this.weights.finalNorm, eps);
  }

  private attention(tape: Tape, n: number, qkv: Multiplied, normed: Value, opens: boolean): Value {
    const { hiddenSize: d, heads, headWidth: e, normalizer, denominatorFloor, rmsNormEps } = this.config;
    const [layer, state] = [this.weights.layers[n], this.states[n]];
    const modules = proportionModules(layer);
    let u = tape.multiply(qkv, normed);
    if (layer.convolution) {
      const inputs = [...state.inputs, u];
      state.inputs = inputs.slice(1);
      u = tape.convolve(inputs, layer.convolution);
    }
    const outputs: Value[] = [];
    for (let h = 0; h < heads; h++) {
      const part = (first: number) => tape.slice(u, first + h * e, first + (h + 1) * e);
      const q = this.reweight(tape, modules.query, tape.relu(part(0), 1 / Math.sqrt(e)));
      const k = this.reweight(tape, modules.key, tape.relu(part(d), 1));
      const a = opens ? value(Float64Array.of(0)) : this.decay(tape, layer, h, normed);
      state.S[h] = tape.accumulate(a, state.S[h], k, part(2 * d));
      state.z[h] = tape.accumulate(a, state.z[h], k, value(Float64Array.of(1)));
      const o = tape.read(q, state.S[h]);
      outputs.push(
        normalizer === 'rms'
          ? tape.rms(o, layer.outputNorm!.subarray(h * e, (h + 1) * e), rmsNormEps)
          : tape.divide(o, tape.read(q, state.z[h]), denominatorFloor),
      );
    }
    return tape.concatenate(outputs);
  }

  private reweight(tape: Tape, module: ReturnType<typeof proportionModules>['query'], u: Value): Value {
    if (!this.config.isReweighted) return u;
    const fixed = Math.min(this.position / this.config.staticLength, 1);
    return tape.split(u, module ? tape.proportion(module, u) : value(Float64Array.of(fixed)));
  }

  private decay(tape: Tape, { decay, decayBias }: LayerWeights, h: number, normed: Value): Value {
    const d = this.config.hiddenSize;
    if (!decay) return value(Float64Array.of(1));
    return tape.gate(decay.subarray(h * d, (h + 1) * d), decayBias![h], normed);
  }
}

function shapeOf({ rows, columns }: Matrix) {
  return { rows, columns };
}

/** The same numbers without a gradient. */
function detach({ data }: Value): Value {
  return value(data);
}
