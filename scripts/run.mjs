// Runs a TypeScript file of the repo in Node through Vite, so that it imports what the browser imports.
// Usage: node scripts/run.mjs FILE [ARGUMENT...]
import { resolve } from 'node:path';
import { loadConfigFromFile, runnerImport } from 'vite';

const [, , file] = process.argv;
process.argv.splice(1, 1); // the script sees its own name as argv[1]
const root = resolve(import.meta.dirname, '..');
const { config } = await loadConfigFromFile({ command: 'serve', mode: 'development' }, undefined, root);
await runnerImport(resolve(file), { root, plugins: config.plugins, logLevel: 'error' });
