// The kernels as one module without a runtime. Every function works on addresses from its caller.
export { divideByMass, normalizeHeads, proportions, recur, reweight } from './attention';
export { multiplyFloat32, multiplyInt8 } from './matrix';
export { multiplyInt16, toInt16 } from './matrix-int16';
export { convolve, embedFloat32, embedInt8, gates, rms, squaredRelu } from './rows';
export { describe, draw } from './sampling';
