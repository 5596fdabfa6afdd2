import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Plugin } from 'vite';

const QUERY = '?assemblyscript';
const SHARING = '&shared';
const OPTIONS = '--optimizeLevel 3 --noAssert --runtime stub --importMemory --enable simd'.split(' ');
/** For a shared memory of at most 1 GB. */
const SHARED_MEMORY = '--enable threads --sharedMemory --maximumMemory 16384'.split(' ');
const SHARED = join(import.meta.dirname, 'kernels'); // modules in other folders may import from this folder
const CACHE = 'node_modules/.cache/assemblyscript';

/**
 * Vite plugin: `import bytes from './kernels/index.ts?assemblyscript'` compiles that AssemblyScript file and gives the
 * WebAssembly module as base64, so that browsers, workers and Node load it the same way, without a fetch. Folders named
 * kernels contain AssemblyScript; tsc and Biome skip them. With `?assemblyscript&shared` the module imports a shared memory.
 */
export function assemblyscript(): Plugin {
  return {
    name: 'assemblyscript',
    enforce: 'pre',
    async load(id) {
      const isShared = id.endsWith(QUERY + SHARING);
      if (!isShared && !id.endsWith(QUERY)) return null;
      const entry = id.slice(0, id.lastIndexOf(QUERY));
      const options = isShared ? [...OPTIONS, ...SHARED_MEMORY] : OPTIONS;
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
  const hash = createHash('sha256').update([entry, ...options].join());
  for (const file of [...sources, 'package-lock.json']) hash.update(readFileSync(file));
  const cached = join(CACHE, `${hash.digest('hex')}.wasm`);
  if (!existsSync(cached)) {
    mkdirSync(CACHE, { recursive: true });
    writeFileSync(cached, await compile(entry, options));
  }
  return readFileSync(cached);
}

async function compile(entry: string, options: readonly string[]): Promise<string | Uint8Array> {
  const { default: asc } = await import('assemblyscript/asc');
  const baseDir = dirname(entry);
  let binary: string | Uint8Array = '';
  const { error, stderr } = await asc.main(
    [relative(baseDir, entry), '--baseDir', baseDir, '--outFile', 'kernels.wasm', ...options],
    {
      writeFile: (_name, contents) => {
        binary = contents;
      },
    },
  );
  if (error) throw new Error(`${entry}: ${stderr}`, { cause: error });
  return binary;
}
