import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Plugin } from 'vite';
import { KERNEL_CONSTANTS } from '../model/sampling/kernel-constants.ts'; // vite.config.ts needs the extension

const QUERY = '?assemblyscript';
const SHARING = '&shared';
const RELAXING = '&relaxed';
const OPTIONS = '--optimizeLevel 3 --noAssert --runtime stub --importMemory --enable simd'.split(' ');
/** With multiplyAdd (kernels/numbers.ts) as one instruction. */
const RELAXED_SIMD = ['--enable', 'relaxed-simd'];
/** For a shared memory of at most 1 GB. */
const SHARED_MEMORY = '--enable threads --sharedMemory --maximumMemory 16384'.split(' ');
const SHARED = join(import.meta.dirname, 'kernels'); // modules in other folders may import from this folder
/** An import of './constants' there is not a file: it gets the text of `printConstants`. */
const CONSTANTS = join(SHARED, 'constants.ts');
const CACHE = 'node_modules/.cache/assemblyscript';

/**
 * Vite plugin: `import bytes from './kernels/index.ts?assemblyscript'` compiles that AssemblyScript file and gives the
 * WebAssembly module as base64, so that browsers, workers and Node load it the same way, without a fetch. Folders named
 * kernels contain AssemblyScript; tsc and Biome skip them. With `&shared` the module imports a shared memory, and
 * with `&relaxed` it uses relaxed SIMD.
 */
export function assemblyscript(): Plugin {
  return {
    name: 'assemblyscript',
    enforce: 'pre',
    async load(id) {
      const [entry, flags] = id.split(QUERY);
      if (flags === undefined) return null;
      const options = [...OPTIONS];
      if (flags.includes(SHARING)) options.push(...SHARED_MEMORY);
      if (flags.includes(RELAXING)) options.push(...RELAXED_SIMD);
      const sources = [...new Set([dirname(entry), SHARED])].flatMap((folder) =>
        readdirSync(folder).map((name) => join(folder, name)),
      );
      for (const source of sources) this.addWatchFile(source);
      return `export default '${(await compileCached(entry, sources, options)).toString('base64')}';`;
    },
  };
}

/** Compiles, or reads the result from a cache by sources, options and packages, because compiling takes seconds. */
async function compileCached(
  entry: string,
  sources: readonly string[],
  options: readonly string[],
): Promise<Buffer> {
  const hash = createHash('sha256').update([entry, ...options, printConstants()].join());
  for (const file of [...sources, 'package-lock.json']) hash.update(readFileSync(file));
  const cached = join(CACHE, `${hash.digest('hex')}.wasm`);
  if (!existsSync(cached)) {
    mkdirSync(CACHE, { recursive: true });
    writeFileSync(cached, (await compile(entry, options)).wasm);
  }
  return readFileSync(cached);
}

/** The constants that the kernels share with the model, as a module of AssemblyScript. */
function printConstants(): string {
  const lines = Object.entries(KERNEL_CONSTANTS).map(
    ([name, value]) => `export const ${name}: i32 = ${value};`,
  );
  return lines.join('\n');
}

function readSource(name: string, baseDir: string): string | null {
  const path = resolve(baseDir, name);
  if (path === CONSTANTS) return printConstants();
  return existsSync(path) ? readFileSync(path, 'utf8') : null;
}

/** Compiles an AssemblyScript file. @returns the module, and the TypeScript declarations of its exports */
export async function compile(
  entry: string,
  options: readonly string[] = OPTIONS,
): Promise<{ wasm: Uint8Array; declarations: string }> {
  const { default: asc } = await import('assemblyscript/asc');
  const outputs = new Map<string, string | Uint8Array>();
  const files = [basename(entry), '--baseDir', dirname(entry), '--outFile', 'kernels.wasm'];
  const { error, stderr } = await asc.main([...files, '--bindings', 'raw', ...options], {
    readFile: readSource,
    writeFile: (name, contents) => {
      outputs.set(name, contents);
    },
  });
  if (error) throw new Error(`${entry}: ${stderr}`, { cause: error });
  const wasm = outputs.get('kernels.wasm') as Uint8Array;
  return { wasm, declarations: outputs.get('kernels.d.ts') as string };
}
