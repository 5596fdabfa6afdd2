/** A WebAssembly module in base64, compiled from AssemblyScript (assemblyscript.ts). */
declare module '*?assemblyscript' {
  const base64: string;
  export default base64;
}
