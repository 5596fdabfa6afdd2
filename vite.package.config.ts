import type { Plugin } from 'vite';
import { defineConfig } from 'vite';
import { assemblyscript } from './src/cpu/assemblyscript.ts';

/** Vite's address of the worker, for a site's root. */
const ADDRESS = /\/\* @vite-ignore \*\/\s*"\/engine\.worker\.js",\s*"" \+ import\.meta\.url/;

/** Writes the address of the worker in the form that bundlers recognize, and that works without one. */
const workerAddress: Plugin = {
  name: 'worker-address',
  generateBundle(_, bundle) {
    const index = bundle['index.js'];
    if (index?.type !== 'chunk' || !ADDRESS.test(index.code)) this.error('index.js starts no worker.');
    else index.code = index.code.replace(ADDRESS, '"./engine.worker.js", import.meta.url');
  },
};

/** Builds the engine as a package: src/package as an ES module, and its worker as one file beside it. */
export default defineConfig({
  publicDir: false,
  plugins: [workerAddress],
  worker: {
    format: 'es',
    plugins: () => [assemblyscript()],
    rolldownOptions: { output: { codeSplitting: false, entryFileNames: 'engine.worker.js' } },
  },
  build: {
    target: 'es2023',
    outDir: 'dist-lib',
    lib: { entry: 'src/package/index.ts', formats: ['es'], fileName: 'index' },
  },
});
