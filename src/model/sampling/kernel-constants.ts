import { LONGEST, REACH } from './seen.ts'; // vite.config.ts needs the extension

const RECORD_ALTERNATIVES = 4;
const ALTERNATIVE_SIZE = 3;
export const ALTERNATIVES = 10;
export const RECORD_SIZE = RECORD_ALTERNATIVES + ALTERNATIVES * ALTERNATIVE_SIZE;

/**
 * The constants of this folder that the kernels use, by their names there: printed into WGSL (src/gpu/constants.ts) and
 * AssemblyScript (src/cpu/assemblyscript.ts). Offsets are in numbers of 4 bytes.
 */
export const KERNEL_CONSTANTS = {
  RECORD_SIZE,
  RECORD_ID: 0,
  RECORD_LOG_PROBABILITY: 1,
  RECORD_RANK: 2,
  RECORD_PROBABILITY: 3,
  RECORD_ALTERNATIVES, // ALTERNATIVES entries of ALTERNATIVE_SIZE numbers
  ALTERNATIVES,
  ALTERNATIVE_SIZE,
  ALTERNATIVE_ID: 0,
  ALTERNATIVE_LOG_PROBABILITY: 1,
  ALTERNATIVE_PROBABILITY: 2,
  REACH, // the last tokens that the sequence penalty searches, newest first; BOS where there is none
  LONGEST, // the longest match that it counts
} as const;
