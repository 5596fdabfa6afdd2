// Generated from index.ts: npx vitest run src/cpu/assemblyscript.test.ts -u
declare namespace __AdaptedExports {
  /** Exported memory */
  export const memory: WebAssembly.Memory;
  /**
   * matrix/multiplyFloat32
   * @param W `usize`
   * @param scale `usize`
   * @param rows `i32`
   * @param columns `i32`
   * @param x `usize`
   * @param xStride `i32`
   * @param y `usize`
   * @param yStride `i32`
   * @param tokens `i32`
   * @param add `bool`
   */
  export function multiplyFloat32(W: number, scale: number, rows: number, columns: number, x: number, xStride: number, y: number, yStride: number, tokens: number, add: boolean): void;
  /**
   * matrix/multiplyInt8
   * @param W `usize`
   * @param scale `usize`
   * @param rows `i32`
   * @param columns `i32`
   * @param x `usize`
   * @param xStride `i32`
   * @param y `usize`
   * @param yStride `i32`
   * @param tokens `i32`
   * @param add `bool`
   * @param scratch `usize`
   */
  export function multiplyInt8(W: number, scale: number, rows: number, columns: number, x: number, xStride: number, y: number, yStride: number, tokens: number, add: boolean, scratch: number): void;
  /**
   * matrix-int4/multiplyInt4
   * @param W `usize`
   * @param scale `usize`
   * @param rows `i32`
   * @param columns `i32`
   * @param x `usize`
   * @param xStride `i32`
   * @param y `usize`
   * @param yStride `i32`
   * @param tokens `i32`
   * @param add `bool`
   * @param scratch `usize`
   */
  export function multiplyInt4(W: number, scale: number, rows: number, columns: number, x: number, xStride: number, y: number, yStride: number, tokens: number, add: boolean, scratch: number): void;
  /**
   * record/describe
   * @param logits `usize`
   * @param n `i32`
   * @param id `i32`
   * @param record `usize`
   */
  export function describe(logits: number, n: number, id: number, record: number): void;
  /**
   * attention/proportions
   * @param u `usize`
   * @param stride `i32`
   * @param heads `i32`
   * @param e `i32`
   * @param factor `f32`
   * @param module `usize`
   * @param width `i32`
   * @param scratch `usize`
   * @param P `usize`
   * @param tokens `i32`
   */
  export function proportions(u: number, stride: number, heads: number, e: number, factor: number, module: number, width: number, scratch: number, P: number, tokens: number): void;
  /**
   * attention/reweight
   * @param u `usize`
   * @param stride `i32`
   * @param heads `i32`
   * @param e `i32`
   * @param factor `f32`
   * @param split `bool`
   * @param P `usize`
   * @param out `usize`
   * @param tokens `i32`
   */
  export function reweight(u: number, stride: number, heads: number, e: number, factor: number, split: boolean, P: number, out: number, tokens: number): void;
  /**
   * attention/recur
   * @param qTilde `usize`
   * @param kTilde `usize`
   * @param v `usize`
   * @param vStride `i32`
   * @param a `usize`
   * @param aStride `i32`
   * @param memories `usize`
   * @param offset `usize`
   * @param heads `i32`
   * @param e `i32`
   * @param E `i32`
   * @param o `usize`
   * @param stride `i32`
   * @param normalizerSum `usize`
   * @param tokens `i32`
   * @param first `i32`
   * @param last `i32`
   */
  export function recur(qTilde: number, kTilde: number, v: number, vStride: number, a: number, aStride: number, memories: number, offset: number, heads: number, e: number, E: number, o: number, stride: number, normalizerSum: number, tokens: number, first: number, last: number): void;
  /**
   * attention/normalizeHeads
   * @param o `usize`
   * @param stride `i32`
   * @param heads `i32`
   * @param e `i32`
   * @param weight `usize`
   * @param eps `f32`
   * @param tokens `i32`
   */
  export function normalizeHeads(o: number, stride: number, heads: number, e: number, weight: number, eps: number, tokens: number): void;
  /**
   * attention/divideByNormalizer
   * @param o `usize`
   * @param stride `i32`
   * @param heads `i32`
   * @param e `i32`
   * @param normalizerSum `usize`
   * @param floor `f32`
   * @param tokens `i32`
   */
  export function divideByNormalizer(o: number, stride: number, heads: number, e: number, normalizerSum: number, floor: number, tokens: number): void;
  /**
   * matrix-int16/toInt16
   * @param x `usize`
   * @param n `i32`
   * @param tokens `i32`
   * @param limit `f32`
   * @param X `usize`
   * @param steps `usize`
   */
  export function toInt16(x: number, n: number, tokens: number, limit: number, X: number, steps: number): void;
  /**
   * matrix-int16/multiplyInt16
   * @param W `usize`
   * @param scale `usize`
   * @param rows `i32`
   * @param columns `i32`
   * @param X `usize`
   * @param steps `usize`
   * @param y `usize`
   * @param yStride `i32`
   * @param tokens `i32`
   * @param add `bool`
   */
  export function multiplyInt16(W: number, scale: number, rows: number, columns: number, X: number, steps: number, y: number, yStride: number, tokens: number, add: boolean): void;
  /**
   * rows/embedFloat32
   * @param E `usize`
   * @param columns `i32`
   * @param ids `usize`
   * @param x `usize`
   * @param stride `i32`
   * @param tokens `i32`
   * @param factor `f32`
   */
  export function embedFloat32(E: number, columns: number, ids: number, x: number, stride: number, tokens: number, factor: number): void;
  /**
   * rows/embedInt8
   * @param E `usize`
   * @param scale `usize`
   * @param columns `i32`
   * @param ids `usize`
   * @param x `usize`
   * @param stride `i32`
   * @param tokens `i32`
   * @param factor `f32`
   */
  export function embedInt8(E: number, scale: number, columns: number, ids: number, x: number, stride: number, tokens: number, factor: number): void;
  /**
   * rows/rms
   * @param x `usize`
   * @param y `usize`
   * @param stride `i32`
   * @param weight `usize`
   * @param n `i32`
   * @param tokens `i32`
   * @param eps `f32`
   */
  export function rms(x: number, y: number, stride: number, weight: number, n: number, tokens: number, eps: number): void;
  /**
   * rows/squaredRelu
   * @param u `usize`
   * @param n `i32`
   */
  export function squaredRelu(u: number, n: number): void;
  /**
   * rows/convolve
   * @param u `usize`
   * @param stride `i32`
   * @param n `i32`
   * @param taps `usize`
   * @param inputs `usize`
   * @param offset `usize`
   * @param tokens `i32`
   */
  export function convolve(u: number, stride: number, n: number, taps: number, inputs: number, offset: number, tokens: number): void;
  /**
   * rows/gates
   * @param a `usize`
   * @param stride `i32`
   * @param heads `i32`
   * @param bias `usize`
   * @param ids `usize`
   * @param opening `u32`
   * @param tokens `i32`
   */
  export function gates(a: number, stride: number, heads: number, bias: number, ids: number, opening: number, tokens: number): void;
  /**
   * sampling/draw
   * @param logits `usize`
   * @param n `i32`
   * @param seen `usize`
   * @param penalty `f32`
   * @param followed `usize`
   * @param pairs `i32`
   * @param sequencePenalty `f32`
   * @param temperature `f32`
   * @param topK `i32`
   * @param topP `f64`
   * @param minP `f64`
   * @param seed `u32`
   * @param number `u32`
   * @param scores `usize`
   * @param masses `usize`
   * @param scratch `usize`
   * @param record `usize`
   * @returns `i32`
   */
  export function draw(logits: number, n: number, seen: number, penalty: number, followed: number, pairs: number, sequencePenalty: number, temperature: number, topK: number, topP: number, minP: number, seed: number, number: number, scores: number, masses: number, scratch: number, record: number): number;
}
/** Instantiates the compiled WebAssembly module with the given imports. */
export declare function instantiate(module: WebAssembly.Module, imports: {
}): Promise<typeof __AdaptedExports>;
