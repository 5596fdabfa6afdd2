// The configuration of Vite imports this file, so its imports need the extension .ts.
import { ALTERNATIVE, ALTERNATIVE_SIZE, ALTERNATIVES, RECORD, RECORD_SIZE } from './records.ts';
import { LONGEST, REACH } from './seen.ts';

/**
 * The constants of this folder that the kernels use, by their names there: printed into WGSL (src/gpu/constants.ts) and
 * AssemblyScript (src/cpu/assemblyscript.ts). RECORD.ID is RECORD_ID, and so on. Offsets are in numbers of 4 bytes.
 */
export const KERNEL_CONSTANTS: Readonly<Record<string, number>> = {
  RECORD_SIZE,
  ...withPrefix('RECORD', RECORD),
  ALTERNATIVES,
  ALTERNATIVE_SIZE,
  ...withPrefix('ALTERNATIVE', ALTERNATIVE),
  REACH, // number of tokens that the sequence penalty searches
  LONGEST, // longest match that it counts, in tokens
};

function withPrefix(prefix: string, offsets: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(offsets).map(([name, value]) => [`${prefix}_${name}`, value]));
}
