// The cost of a branch: reread tokens and time to the first new token, at positions throughout texts that the engine has
// read to the end, and the bytes of the snapshots. Run: node scripts/run.mjs bench/branch.ts [TOKENS...]

import { GREEDY } from '../src/model/sampling/sampling';
import type { Figures } from '../src/workers/messages';
import { snapshotSpacing } from '../src/workers/snapshot-store';
import { CountedEngine } from '../src/workers/testing';

const lengths = process.argv.slice(2).map(Number);
for (const length of lengths.length ? lengths : [5_000, 100_000]) {
  const under = new CountedEngine();
  await under.load();
  const text = Uint32Array.from({ length }, (_, i) => 300 + ((i * i + (i >> 3)) % 7800));
  const write = async (runs: { ids: Uint32Array }[]) => {
    let first = 0;
    let figures: Figures | null = null;
    const started = performance.now();
    const request = { runs, sampling: GREEDY, maxTokens: 1, atArticleEnd: 'continue' } as const;
    ({ figures } = await under.engine.generate(request, (event) => {
      if (event.type === 'tokens') first ||= performance.now() - started;
    }));
    return { first, figures };
  };
  const whole = await write([{ ids: text }]);
  console.log(
    `${length} tokens, read in ${(whole.first / 1000).toFixed(1)} s; ` +
      `${whole.figures.snapshotCount} snapshots, ${(whole.figures.snapshotBytes / 2 ** 20).toFixed(1)} MiB`,
  );
  // Late positions first, because each branch adds a snapshot and may evict later snapshots of the text.
  const bands = [
    { name: 'the last 4,096', from: Math.max(length - 4096, 0), to: length, places: 40 },
    ...(length > 4096 ? [{ name: 'before those', from: 1, to: length - 4096, places: 20 }] : []),
  ];
  for (const { name, from, to, places } of bands) {
    let [most, longest, beyond] = [0, 0, 0];
    let figures = whole.figures;
    for (let n = places; n > 0; n--) {
      const at = from + Math.floor(((to - from) * (n - 0.5)) / places);
      const before = under.read;
      const branch = await write([{ ids: text.subarray(0, at) }, { ids: Uint32Array.of(7) }]);
      const again = under.read - before - 1; // without the new token
      most = Math.max(most, again);
      longest = Math.max(longest, branch.first);
      beyond = Math.max(beyond, again / snapshotSpacing(length - at));
      figures = branch.figures;
    }
    console.log(
      `  ${places} branches in ${name}: at most ${most} tokens reread (${beyond.toFixed(2)} of the spacing's limit), ` +
        `${longest.toFixed(0)} ms to the first token; then ${figures.snapshotCount} snapshots, ` +
        `${(figures.snapshotBytes / 2 ** 20).toFixed(1)} of 64 MiB`,
    );
  }
  under.engine.unload();
}
