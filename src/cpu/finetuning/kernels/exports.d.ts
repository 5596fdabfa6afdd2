// Generated from index.ts: npx vitest run src/cpu/assemblyscript.test.ts -u
declare namespace __AdaptedExports {
  /** Exported memory */
  export const memory: WebAssembly.Memory;
  /**
   * attention/recurBackward
   * @param S `usize`
   * @param z `usize`
   * @param DS `usize`
   * @param Dz `usize`
   * @param head `i32`
   * @param heads `i32`
   * @param e `i32`
   * @param E `i32`
   * @param tokens `i32`
   * @param qTilde `usize`
   * @param kTilde `usize`
   * @param v `usize`
   * @param vStride `i32`
   * @param a `usize`
   * @param aStride `i32`
   * @param Do `usize`
   * @param oStride `i32`
   * @param Dsum `usize`
   * @param DqTilde `usize`
   * @param DkTilde `usize`
   * @param Dv `usize`
   * @param Dgate `usize`
   * @param ones `usize`
   */
  export function recurBackward(S: number, z: number, DS: number, Dz: number, head: number, heads: number, e: number, E: number, tokens: number, qTilde: number, kTilde: number, v: number, vStride: number, a: number, aStride: number, Do: number, oStride: number, Dsum: number, DqTilde: number, DkTilde: number, Dv: number, Dgate: number, ones: number): void;
  /**
   * attention/reweightBackward
   * @param u `usize`
   * @param stride `i32`
   * @param heads `i32`
   * @param e `i32`
   * @param factor `f32`
   * @param split `bool`
   * @param module `usize`
   * @param width `i32`
   * @param P `usize`
   * @param DuTilde `usize`
   * @param Du `usize`
   * @param scratch `usize`
   * @param tokens `i32`
   */
  export function reweightBackward(u: number, stride: number, heads: number, e: number, factor: number, split: boolean, module: number, width: number, P: number, DuTilde: number, Du: number, scratch: number, tokens: number): void;
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
   */
  export function transposedFloat32(W: number, scale: number, rows: number, columns: number, y: number, yStride: number, x: number, xStride: number, tokens: number): void;
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
   * @param tokens `i32`
   */
  export function outer(u: number, rank: number, x: number, xStride: number, columns: number, G: number, tokens: number): void;
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
