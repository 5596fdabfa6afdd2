// Generated from index.ts: npx vitest run src/cpu/assemblyscript.test.ts -u
declare namespace __AdaptedExports {
  /** Exported memory */
  export const memory: WebAssembly.Memory;
  /**
   * attention/attentionBackward
   * @param first `i32`
   * @param last `i32`
   * @param heads `i32`
   * @param e `i32`
   * @param split `bool`
   * @param tokens `i32`
   * @param qkv `usize`
   * @param stride `i32`
   * @param queryP `usize`
   * @param queryModule `usize`
   * @param keyP `usize`
   * @param keyModule `usize`
   * @param width `i32`
   * @param S `usize`
   * @param z `usize`
   * @param gates `usize`
   * @param aStride `i32`
   * @param Do `usize`
   * @param oStride `i32`
   * @param Dsum `usize`
   * @param Dgates `usize`
   * @param scratch `usize`
   */
  export function attentionBackward(first: number, last: number, heads: number, e: number, split: boolean, tokens: number, qkv: number, stride: number, queryP: number, queryModule: number, keyP: number, keyModule: number, width: number, S: number, z: number, gates: number, aStride: number, Do: number, oStride: number, Dsum: number, Dgates: number, scratch: number): void;
  /**
   * matrix/mergeFloat32
   * @param base `usize`
   * @param scale `usize`
   * @param rows `i32`
   * @param columns `i32`
   * @param A `usize`
   * @param Bt `usize`
   * @param BtColumns `i32`
   * @param rank `i32`
   * @param W `usize`
   */
  export function mergeFloat32(base: number, scale: number, rows: number, columns: number, A: number, Bt: number, BtColumns: number, rank: number, W: number): void;
  /**
   * matrix/mergeInt8
   * @param base `usize`
   * @param scale `usize`
   * @param rows `i32`
   * @param columns `i32`
   * @param A `usize`
   * @param Bt `usize`
   * @param BtColumns `i32`
   * @param rank `i32`
   * @param W `usize`
   */
  export function mergeInt8(base: number, scale: number, rows: number, columns: number, A: number, Bt: number, BtColumns: number, rank: number, W: number): void;
  /**
   * matrix/mergeInt4
   * @param base `usize`
   * @param scale `usize`
   * @param rows `i32`
   * @param columns `i32`
   * @param A `usize`
   * @param Bt `usize`
   * @param BtColumns `i32`
   * @param rank `i32`
   * @param W `usize`
   */
  export function mergeInt4(base: number, scale: number, rows: number, columns: number, A: number, Bt: number, BtColumns: number, rank: number, W: number): void;
  /**
   * matrix/transposedFloat32
   * @param W `usize`
   * @param scale `usize`
   * @param rows `i32`
   * @param columns `i32`
   * @param y `usize`
   * @param yStride `i32`
   * @param x `usize`
   * @param xStride `i32`
   * @param tokens `i32`
   * @param scratch `usize`
   */
  export function transposedFloat32(W: number, scale: number, rows: number, columns: number, y: number, yStride: number, x: number, xStride: number, tokens: number, scratch: number): void;
  /**
   * matrix/transposedInt8
   * @param W `usize`
   * @param scale `usize`
   * @param rows `i32`
   * @param columns `i32`
   * @param y `usize`
   * @param yStride `i32`
   * @param x `usize`
   * @param xStride `i32`
   * @param tokens `i32`
   * @param scratch `usize`
   */
  export function transposedInt8(W: number, scale: number, rows: number, columns: number, y: number, yStride: number, x: number, xStride: number, tokens: number, scratch: number): void;
  /**
   * matrix/outer
   * @param u `usize`
   * @param rank `i32`
   * @param x `usize`
   * @param xStride `i32`
   * @param columns `i32`
   * @param G `usize`
   * @param GColumns `i32`
   * @param tokens `i32`
   */
  export function outer(u: number, rank: number, x: number, xStride: number, columns: number, G: number, GColumns: number, tokens: number): void;
  /**
   * rounding/toBlocks
   * @param x `usize`
   * @param n `i32`
   * @param block `i32`
   * @param X `usize`
   * @param steps `usize`
   */
  export function toBlocks(x: number, n: number, block: number, X: number, steps: number): void;
  /**
   * rounding/fromBlocks
   * @param X `usize`
   * @param steps `usize`
   * @param n `i32`
   * @param block `i32`
   * @param x `usize`
   */
  export function fromBlocks(X: number, steps: number, n: number, block: number, x: number): void;
  /**
   * rows/crossEntropy
   * @param logits `usize`
   * @param stride `i32`
   * @param n `i32`
   * @param targets `usize`
   * @param weight `f32`
   * @param sums `usize`
   * @param tokens `i32`
   */
  export function crossEntropy(logits: number, stride: number, n: number, targets: number, weight: number, sums: number, tokens: number): void;
  /**
   * rows/rmsBackward
   * @param x `usize`
   * @param w `usize`
   * @param Dy `usize`
   * @param Dx `usize`
   * @param stride `i32`
   * @param n `i32`
   * @param tokens `i32`
   * @param eps `f32`
   */
  export function rmsBackward(x: number, w: number, Dy: number, Dx: number, stride: number, n: number, tokens: number, eps: number): void;
  /**
   * rows/normalizeHeadsBackward
   * @param o `usize`
   * @param w `usize`
   * @param Dy `usize`
   * @param stride `i32`
   * @param heads `i32`
   * @param e `i32`
   * @param tokens `i32`
   * @param eps `f32`
   */
  export function normalizeHeadsBackward(o: number, w: number, Dy: number, stride: number, heads: number, e: number, tokens: number, eps: number): void;
  /**
   * rows/divideBackward
   * @param o `usize`
   * @param sum `usize`
   * @param Dy `usize`
   * @param Dsum `usize`
   * @param stride `i32`
   * @param heads `i32`
   * @param e `i32`
   * @param tokens `i32`
   * @param floor `f32`
   */
  export function divideBackward(o: number, sum: number, Dy: number, Dsum: number, stride: number, heads: number, e: number, tokens: number, floor: number): void;
  /**
   * rows/squaredReluBackward
   * @param y `usize`
   * @param D `usize`
   * @param n `i32`
   */
  export function squaredReluBackward(y: number, D: number, n: number): void;
  /**
   * rows/convolveBackward
   * @param D `usize`
   * @param stride `i32`
   * @param n `i32`
   * @param taps `usize`
   * @param tokens `i32`
   */
  export function convolveBackward(D: number, stride: number, n: number, taps: number, tokens: number): void;
}
/** Instantiates the compiled WebAssembly module with the given imports. */
export declare function instantiate(module: WebAssembly.Module, imports: {
}): Promise<typeof __AdaptedExports>;
