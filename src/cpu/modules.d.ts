/** A WebAssembly module in base64, compiled from AssemblyScript (assemblyscript.ts). */
declare module '*?assemblyscript' {
  const base64: string;
  export default base64;
}

/** The same for a shared memory. */
declare module '*?assemblyscript&shared' {
  const base64: string;
  export default base64;
}

/** The same with relaxed SIMD. */
declare module '*?assemblyscript&relaxed' {
  const base64: string;
  export default base64;
}

/** The same for a shared memory and with relaxed SIMD. */
declare module '*?assemblyscript&shared&relaxed' {
  const base64: string;
  export default base64;
}
