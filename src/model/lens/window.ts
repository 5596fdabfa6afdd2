import type { Config } from '../core/config';
import { HeadLens, type LayerCapture } from './head-lens';

/** Most tokens of the window. The lens has earlier tokens only as a sum. */
export const WINDOW = 512;
const SPARE = 256; // tokens appended before the rest is moved

/**
 * The last captured tokens of a stream. `append` adds new tokens at the end and folds tokens at the beginning into S and
 * z. Its memory is fixed.
 */
export class LensWindow {
  readonly config: Config;
  /** Position of its first token; 0 is the initial `<|endoftext|>`. */
  start: number;
  private readonly room: readonly LayerCapture[];
  private begin = 0; // rows of `room` in use: [begin, end)
  private end = 0;

  constructor(config: Config, start: number) {
    const { heads: h, headWidth: e, stateRows: E } = config;
    const rows = (numbers: number) => new Float32Array((WINDOW + SPARE) * numbers);
    this.config = config;
    this.start = start;
    this.room = Array.from({ length: config.layers }, () => ({
      query: rows(h * E),
      key: rows(h * E),
      value: rows(h * e),
      queryProportion: rows(h),
      keyProportion: rows(h),
      decay: rows(h),
      S: new Float32Array(h * E * e),
      z: new Float32Array(h * E),
    }));
  }

  get length(): number {
    return this.end - this.begin;
  }

  get bytes(): number {
    const arrays = this.room.flatMap((layer) => Object.values(layer) as Float32Array[]);
    return arrays.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  /** Appends the capture that follows its last token, at most SPARE tokens. */
  append(captures: readonly LayerCapture[]): void {
    const { heads } = this.config;
    const count = captures[0].decay.length / heads;
    if (this.length === 0)
      for (const [n, { S, z }] of captures.entries()) {
        this.room[n].S.set(S);
        this.room[n].z.set(z);
      }
    this.forget(Math.max(0, this.length + count - WINDOW));
    if (this.end + count > WINDOW + SPARE) this.moveUp();
    for (const [n, capture] of captures.entries())
      for (const name of ROWS)
        this.room[n][name].set(capture[name], (this.end * capture[name].length) / count);
    this.end += count;
  }

  /** The capture of a layer as views, valid until the next `append`. */
  layer(n: number): LayerCapture {
    const { S, z } = this.room[n];
    const rows = (all: LayerCapture['query']) => {
      const numbers = all.length / (WINDOW + SPARE);
      return all.subarray(this.begin * numbers, this.end * numbers);
    };
    const [query, key, value, queryProportion, keyProportion, decay] = ROWS.map((name) =>
      rows(this.room[n][name]),
    );
    return { query, key, value, queryProportion, keyProportion, decay, S, z };
  }

  head(layer: number, head: number): HeadLens {
    return new HeadLens(this.layer(layer), this.config, head);
  }

  /** Folds the first tokens into the state: S = a S + k~ v^T, z = a z + k~. */
  private forget(count: number): void {
    const { heads: h, headWidth: e, stateRows: E } = this.config;
    for (const { key, value, decay, S, z } of this.room)
      for (let t = this.begin; t < this.begin + count; t++)
        for (let head = 0; head < h; head++) {
          const row = t * h + head;
          const a = decay[row];
          for (let r = 0; r < E; r++) {
            const k = key[row * E + r];
            const at = head * E + r;
            z[at] = a * z[at] + k;
            for (let c = 0; c < e; c++) S[at * e + c] = a * S[at * e + c] + k * value[row * e + c];
          }
        }
    this.begin += count;
    this.start += count;
  }

  private moveUp(): void {
    for (const layer of this.room)
      for (const name of ROWS) {
        const numbers = layer[name].length / (WINDOW + SPARE);
        layer[name].copyWithin(0, this.begin * numbers, this.end * numbers);
      }
    this.end -= this.begin;
    this.begin = 0;
  }
}

const ROWS = ['query', 'key', 'value', 'queryProportion', 'keyProportion', 'decay'] as const;
