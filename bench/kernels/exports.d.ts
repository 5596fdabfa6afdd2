// Generated from index.ts: npx vitest run src/cpu/assemblyscript.test.ts -u
declare namespace __AdaptedExports {
  /** Exported memory */
  export const memory: WebAssembly.Memory;
  /**
   * index/multiplyAddInt16
   * @param rounds `i32`
   * @param factor `i32`
   * @returns `i32`
   */
  export function multiplyAddInt16(rounds: number, factor: number): number;
  /**
   * index/attend
   * @param keys `usize`
   * @param values `usize`
   * @param query `usize`
   * @param scores `usize`
   * @param output `usize`
   * @param length `i32`
   */
  export function attend(keys: number, values: number, query: number, scores: number, output: number, length: number): void;
  /**
   * roofline/heapBase
   * @returns `usize`
   */
  export function heapBase(): number;
  /**
   * roofline/multiplyAdd
   * @param rounds `i32`
   * @param factor `f32`
   * @returns `f32`
   */
  export function multiplyAdd(rounds: number, factor: number): number;
  /**
   * roofline/multiplyAddInt8
   * @param from `usize`
   * @param rounds `i32`
   * @param factor `f32`
   * @returns `f32`
   */
  export function multiplyAddInt8(from: number, rounds: number, factor: number): number;
  /**
   * roofline/sum
   * @param from `usize`
   * @param n `usize`
   * @returns `f32`
   */
  export function sum(from: number, n: number): number;
}
/** Instantiates the compiled WebAssembly module with the given imports. */
export declare function instantiate(module: WebAssembly.Module, imports: {
}): Promise<typeof __AdaptedExports>;
