import { setFlagsFromString } from 'node:v8';

// Node 20 runs relaxed SIMD only with this flag; newer versions always.
setFlagsFromString('--experimental-wasm-relaxed-simd');
