// Writes the files of the npm package that are not built: package.json, README and license (npm run build:package).
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';

const { version, license } = JSON.parse(readFileSync('package.json', 'utf8'));
const manifest = {
  name: 'leapformer',
  version,
  description: 'A LeaPformer language model for the browser, on WebGPU or WebAssembly, in constant memory.',
  license,
  type: 'module',
  exports: { '.': { types: './index.d.ts', default: './index.js' } },
  sideEffects: false,
};
writeFileSync('dist-lib/package.json', `${JSON.stringify(manifest, null, 2)}\n`);
copyFileSync('src/package/README.md', 'dist-lib/README.md');
copyFileSync('LICENSE', 'dist-lib/LICENSE');
