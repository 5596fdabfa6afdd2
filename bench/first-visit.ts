import { join } from 'node:path';
import { numberOption, runCommand } from '../scripts/command';
import { measureLoad } from './load';
import { reportLoads } from './report';

const USAGE = `Measures a first visit of the page on the CPU, in ms from the address to the first generated token.

node scripts/run.mjs bench/first-visit.ts [--mbit N] [--openings N] [MODEL...]

MODEL       ids of models, opened in turn by ?model=; without them, the page opens its default model
--mbit      rate of the line in Mbit/s, with a latency of 40 ms (default: localhost without a limit)
--openings  openings for each model, each in a fresh profile (default 7)

PLAYWRIGHT_CHROMIUM is the path of the browser (default /usr/bin/chromium).`;

const OPTIONS = { mbit: { type: 'string' }, openings: { type: 'string' } } as const;

await runCommand(USAGE, OPTIONS, async ({ mbit, openings }, ids) => {
  const loads = await measureLoad(
    join(import.meta.dirname, '..'),
    process.env.PLAYWRIGHT_CHROMIUM ?? '/usr/bin/chromium',
    numberOption('openings', openings, 7),
    ids.length ? ids.map((id) => `?model=${id}`) : [''],
    mbit === undefined ? null : numberOption('mbit', mbit, 0),
  );
  console.log(reportLoads(loads.map((load, n) => ({ name: `${ids[n] ?? 'the default model'}, ms`, load }))));
});
