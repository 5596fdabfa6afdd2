import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join, relative } from 'node:path';
import { chromium } from '@playwright/test';
import { createServer } from 'vite';
import { numberOption, runCommand } from '../scripts/command';
import { EngineError } from '../src/model/runtime/errors';
import { measureLoad } from './load';
import { benchModel } from './model';
import type { BenchMessage } from './page/worker';
import { type BenchResult, report } from './report';
import { prepareOnnx } from './setup';
import { QUIET } from './site';

const USAGE = `Compares LeaPformer with onnxruntime-web in one browser run; see bench/README.md.

npm run bench -- [--rounds N] [--pairs N] [--openings N] [--only TEXT] [--out FILE]

--rounds    samples of each contender, interleaved (default 9)
--pairs     pairs of the flatness measurement on WebAssembly, a quarter of them on WebGPU; 0 skips it (default 1200)
--openings  openings of the page for the load measurement; 0 skips it (default 7)
--only      runs only contenders whose name contains this, for example 'WASM'
--out       output file for the JSON (default bench/results/TIME.json)

PLAYWRIGHT_CHROMIUM is the path of the browser (default /usr/bin/chromium).`;

const ROOT = join(import.meta.dirname, '..');
await runCommand(
  USAGE,
  {
    rounds: { type: 'string' },
    pairs: { type: 'string' },
    openings: { type: 'string' },
    only: { type: 'string' },
    out: { type: 'string' },
  },
  async (values) => {
    const openings = numberOption('openings', values.openings, 7);
    const executablePath = process.env.PLAYWRIGHT_CHROMIUM ?? '/usr/bin/chromium';
    const onnx = prepareOnnx();
    const [load] = openings > 0 ? await measureLoad(ROOT, executablePath, openings) : [null];
    const server = await createServer({
      root: ROOT,
      logLevel: 'error',
      server: { hmr: false, watch: null, port: 0 },
      optimizeDeps: { noDiscovery: true, include: [] },
    });
    const browser = await chromium.launch({ executablePath, args: ['--enable-unsafe-webgpu', ...QUIET] });
    try {
      await server.listen();
      const page = await browser.newPage();
      page.on('console', (message) => {
        if (message.type() === 'log') console.error(message.text());
      });
      await page.goto(`${server.resolvedUrls!.local[0]}bench/page/index.html`);
      const message: BenchMessage = await page.evaluate((request) => globalThis.runBench(request), {
        modelUrl: `/${relative(ROOT, benchModel())}/`,
        onnxUrl: `/${relative(ROOT, onnx)}/`,
        rounds: numberOption('rounds', values.rounds, 9),
        pairs: numberOption('pairs', values.pairs, 1200),
        only: values.only ?? '',
      });
      if (message.type !== 'done')
        throw new EngineError(
          'internal',
          'The bench failed.',
          message.type === 'failed' ? message.message : '',
        );
      const date = new Date().toISOString();
      const result: BenchResult = {
        date,
        commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: ROOT, encoding: 'utf8' }).trim(),
        processor: `${cpus()[0].model}, ${cpus().length} cores`,
        browser: browser.version(),
        ...message.measurements,
        load,
      };
      const out = values.out ?? join(import.meta.dirname, 'results', `${date.replaceAll(':', '-')}.json`);
      mkdirSync(join(import.meta.dirname, 'results'), { recursive: true });
      writeFileSync(out, JSON.stringify(result, null, 1));
      console.log(report(result));
      console.log(`\n${out}`);
    } finally {
      await browser.close();
      await server.close();
    }
  },
);
