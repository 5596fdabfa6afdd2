// Runs a TypeScript file of the repo in Node through Vite, with the same module resolution as in the browser.
// Usage: node scripts/run.mjs FILE [ARGUMENT...]
import { resolve } from 'node:path';
import { loadConfigFromFile, runnerImport } from 'vite';

const [, , file] = process.argv;
process.argv.splice(1, 1); // argv[1] becomes the name of the script
const root = resolve(import.meta.dirname, '..');
const { config } = await loadConfigFromFile({ command: 'serve', mode: 'development' }, undefined, root);
await runnerImport(resolve(file), { root, plugins: config.plugins, logLevel: 'error' });
