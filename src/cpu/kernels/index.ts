// The kernels as one module without a runtime. Every function works on addresses from its caller.
export * from './attention';
export { multiplyFloat32, multiplyInt8 } from './matrix';
export { multiplyInt4 } from './matrix-int4';
export * from './matrix-int16';
export { describe } from './record';
export * from './rows';
export * from './sampling';
