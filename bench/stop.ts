import { nodeGpu, readFolder } from '../scripts/node';
import type { BackendKind } from '../src/model/runtime/backend';
import { createBackend } from '../src/workers/backends';
import { Engine } from '../src/workers/engine';
import type { GenerateEvent } from '../src/workers/messages';
import { benchModel } from './model';

/**
 * The latency of Stop, from the call to the end of the generation, during prefill and during decode, on every backend.
 * Run: node scripts/run.mjs bench/stop.ts [BACKEND...]
 */
const asked = process.argv.slice(2) as BackendKind[];
const gpu = await nodeGpu();
const article = '= Wren =\n\n'.concat('The wren is a small brown bird of hedges and woods. '.repeat(400));

for (const kind of asked.length ? asked : (['cpu', 'webgpu', 'reference'] as const)) {
  const engine = new Engine({
    readFile: readFolder,
    createBackend: (model, choice) => createBackend(model, choice, gpu),
  });
  await engine.load({ model: { url: benchModel() }, backend: kind }, () => {});
  for (const phase of ['reading', 'tokens'] as const) {
    const delays: number[] = [];
    for (let seed = 0; seed < 20; seed++) delays.push(await stopDuring(engine, phase, seed));
    delays.sort((a, b) => a - b);
    const [median, most] = [delays[10], delays[19]].map((ms) => ms.toFixed(1).padStart(7));
    console.log(
      `${kind.padEnd(10)} ${(phase === 'tokens' ? 'writing' : phase).padEnd(8)} median ${median} ms   longest ${most} ms`,
    );
  }
  engine.unload();
}

/**
 * Stops at a time that varies with the seed, after the phase has begun. Returns the milliseconds from that time to the
 * end, including the time until the engine handles the call.
 */
async function stopDuring(engine: Engine, phase: GenerateEvent['type'], seed: number): Promise<number> {
  let pressed: number | null = null;
  const text = phase === 'reading' ? `${seed} ${article}` : '= Wren =\n\nThe wren is';
  const onEvent = (event: GenerateEvent) => {
    if (event.type !== phase || pressed) return;
    pressed = performance.now() + seed * 7;
    setTimeout(() => engine.stop(), seed * 7);
  };
  const sampling = {
    temperature: 0.8,
    topK: 40,
    topP: 0.95,
    minP: 0,
    repetitionPenalty: 1.1,
    sequencePenalty: 0,
    seed,
  };
  await engine.generate(
    { runs: [{ text }], sampling, maxTokens: 100_000, atArticleEnd: 'continue' },
    onEvent,
  );
  return performance.now() - pressed!;
}
