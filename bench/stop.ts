import { firstModel, nodeGpu, readFolder } from '../scripts/node';
import { createWasmLearner } from '../src/cpu/finetuning/wasm-learner';
import { TEACHING } from '../src/model/finetuning/teaching';
import type { BackendKind } from '../src/model/runtime/backend';
import { createBackend } from '../src/workers/backends';
import { Engine } from '../src/workers/engine';
import type { GenerateEvent } from '../src/workers/messages';
import { Teacher } from '../src/workers/teaching/teacher';
import { benchModel } from './model';

/**
 * The latency of Stop, from the call to the end of the generation, during prefill and during decode, on every backend; and
 * of Stop during a lesson of the default model on the CPU, by the clock and by processor time.
 * Run: node scripts/run.mjs bench/stop.ts [BACKEND... | lesson]
 */
const asked = process.argv.slice(2) as (BackendKind | 'lesson')[];
const gpu = await nodeGpu();
const article = '= Wren =\n\n'.concat('The wren is a small brown bird of hedges and woods. '.repeat(400));

for (const kind of asked.length ? asked : (['cpu', 'webgpu', 'reference', 'lesson'] as const)) {
  if (kind === 'lesson') await stopLessons();
  else await stopGenerations(kind);
}

async function stopGenerations(kind: BackendKind): Promise<void> {
  const engine = new Engine({
    readFile: readFolder,
    createBackend: (model, choice) => createBackend(model, choice, gpu),
  });
  await engine.load({ model: { url: benchModel() }, backend: kind }, () => {});
  for (const phase of ['reading', 'tokens'] as const) {
    const delays: number[] = [];
    for (let seed = 0; seed < 20; seed++) delays.push(await stopDuring(engine, phase, seed));
    print(`${kind.padEnd(10)} ${(phase === 'tokens' ? 'writing' : phase).padEnd(8)}`, delays);
  }
  engine.unload();
}

function print(name: string, delays: number[]): void {
  delays.sort((a, b) => a - b);
  const [median, most] = [delays[delays.length >> 1], delays.at(-1)!].map((ms) => ms.toFixed(1).padStart(7));
  console.log(`${name} median ${median} ms   longest ${most} ms`);
}

/** Stops and continues a lesson: in its base losses, steps, samples and decisions. */
async function stopLessons(): Promise<void> {
  const teacher = new Teacher({
    readFile: readFolder,
    createLearner: createWasmLearner,
    claimLesson: async () => {},
    readProse: async () => article,
    keepLesson: async () => true,
    forgetLesson: async () => {},
  });
  const file = new Blob([article.repeat(2)]);
  await teacher.open({ model: { url: firstModel() }, texts: [{ name: 'wren', file }] });
  const [clock, processor]: [number[], number[]] = [[], []];
  for (let n = 0; n < 40; n++) {
    let [pressed, used] = [0, 0];
    const wait = 150 + ((n * 1_234_567) % 3000);
    const at = performance.now() + wait;
    setTimeout(() => {
      [pressed, used] = [at, processorTime()];
      teacher.stop();
    }, wait);
    await teacher.teach(TEACHING, () => {});
    clock.push(performance.now() - pressed);
    processor.push(processorTime() - used);
  }
  print('lesson', clock);
  print('lesson, processor time after the call', processor);
}

function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
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
