import { numberOption, runCommand } from '../scripts/command';
import { nodeGpu, readFolder } from '../scripts/node';
import { LENS_PAUSE } from '../src/app/store/engine/lens-controller';
import { createBackend } from '../src/workers/backends';
import { Engine } from '../src/workers/engine';
import type { LensQuestions } from '../src/workers/lens/messages';
import type { BackendChoice } from '../src/workers/messages';
import { benchModel } from './model';

const USAGE = `Times the lens on the engine of the playground: its cost for generation, and the time to open it. Times are processor
time; on WebGPU they exclude the device.

node scripts/run.mjs bench/lens.ts [--backend cpu|webgpu] [--rounds N] [--length N] [--model DIR]

--rounds  samples of each contender, interleaved (default 9)
--length  tokens of the long text (default 10000)`;

const WRITTEN = 256; // tokens per sample
const SAMPLING = {
  temperature: 1,
  topK: 0,
  topP: 1,
  minP: 0,
  repetitionPenalty: 1,
  sequencePenalty: 0,
  seed: 1,
};

await runCommand(
  USAGE,
  {
    backend: { type: 'string', default: 'cpu' },
    rounds: { type: 'string' },
    length: { type: 'string' },
    model: { type: 'string' },
  },
  async ({ backend, model = benchModel(), ...values }) => {
    const rounds = numberOption('rounds', values.rounds, 9);
    const length = numberOption('length', values.length, 10_000);
    const gpu = backend === 'webgpu' ? await nodeGpu() : undefined;
    const engines = await Promise.all([0, 1].map(() => start(model, backend as BackendChoice, gpu)));
    const [plain, looked] = engines;
    const { vocabSize } = plain.info.config;
    const ids = (count: number) =>
      Uint32Array.from({ length: count }, (_, i) => 1 + ((i * 7919) % (vocabSize - 1)));

    console.log(
      `${plain.info.manifest.name} on ${plain.info.backend.device}, ${rounds} samples of each, medians`,
    );
    const short = ids(700);
    const row = { layer: null, head: null, measure: 'share' } as const;
    const closed = async () => {
      await look(looked.engine, short, 'row', row);
      await looked.engine.closeLens();
      return write(looked.engine, short);
    };
    const never = await interleaved(rounds, [() => write(plain.engine, short), closed]);
    say('decode, lens never opened', never[0], 'ms per token');
    say('decode, lens opened and closed', never[1], 'ms per token', never[0]);

    const following = [
      ['row', row],
      ['matrix', { layer: 2, head: 0, of: 'share' }],
      ['overview', { every: 8, marks: [] }],
    ] as const;
    for (const [kind, question] of following) {
      let answers = 0;
      let asking = 0;
      const follow = async () => {
        await look(looked.engine, short, kind, question); // opens the lens before timing
        const before = performance.now();
        const result = await write(looked.engine, short, async (tokens) => {
          await look(looked.engine, tokens, kind, question);
          answers++;
          await new Promise((resolve) => setTimeout(resolve, LENS_PAUSE[kind]));
        });
        asking += performance.now() - before;
        return result;
      };
      const [alone, live] = await interleaved(rounds, [() => write(plain.engine, short), follow]);
      say(`decode while the lens follows (${kind})`, live, 'ms per token', alone);
      console.log(`  ${((1000 * answers) / asking).toFixed(1)} answers per second`);
      await looked.engine.closeLens();
    }

    const long = ids(length);
    await write(looked.engine, long, undefined, 1);
    let reread = 0;
    let opened = 0;
    const open = async (isQuick: boolean) => {
      const text = long.subarray(0, length - 29 * opened++); // a different end each time, so that it has no snapshot
      const before = processorTime();
      reread = Math.max(reread, (await look(looked.engine, text, 'row', row, isQuick)).reread);
      const time = processorTime() - before;
      await looked.engine.closeLens();
      return time;
    };
    const { streams } = await createBackend(plain.model, backend as BackendChoice, gpu);
    const read = async () => {
      await streams.restore(null);
      const before = processorTime();
      await streams.read(long.subarray(0, 768));
      return processorTime() - before;
    };
    const [first, opening, reading] = await interleaved(rounds, [() => open(true), () => open(false), read]);
    say(`first answer at the end of ${length} tokens`, first, 'ms');
    say(`opening the lens at the end of ${length} tokens (at most ${reread} reread)`, opening, 'ms');
    say('reading 768 tokens', reading, 'ms');
  },
);

async function start(modelUrl: string, backend: BackendChoice, gpu: GPU | undefined) {
  let loaded: Parameters<typeof createBackend>[0] | null = null;
  const engine = new Engine({
    readFile: readFolder,
    createBackend: (model, choice) => {
      loaded = model;
      return createBackend(model, choice, gpu);
    },
  });
  const info = await engine.load({ model: { url: modelUrl }, backend }, () => {});
  return { engine, info, model: loaded! };
}

function look<K extends keyof LensQuestions>(
  engine: Engine,
  ids: Uint32Array,
  kind: K,
  question: LensQuestions[K],
  isQuick = false,
) {
  return engine.look({
    runs: [{ ids }],
    token: Number.MAX_SAFE_INTEGER,
    proportions: 'learned',
    isQuick,
    kind,
    question,
  });
}

/** Processor time of this process in milliseconds, which other work on the machine disturbs least. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Milliseconds per token. With `follow`, the lens gets a new question after each answer, as on the page. */
async function write(
  engine: Engine,
  prompt: Uint32Array,
  follow?: (tokens: Uint32Array) => Promise<void>,
  maxTokens = WRITTEN,
): Promise<number> {
  let text = prompt;
  let [since, isOver] = [0, false];
  let following: Promise<void> | null = null;
  const goOn = async () => {
    while (!isOver) await follow!(text);
  };
  await engine.generate(
    { runs: [{ ids: prompt }], sampling: SAMPLING, maxTokens, atArticleEnd: 'continue' },
    (event) => {
      if (event.type !== 'tokens') return;
      since ||= processorTime(); // starts at the first batch, after prefill
      text = Uint32Array.from([...text, ...event.tokens.ids]);
      if (follow) following ??= goOn();
    },
  );
  const time = processorTime() - since;
  isOver = true;
  await following;
  return time / maxTokens;
}

/** Interleaved samples of the contenders; the first round warms up. */
async function interleaved(rounds: number, contenders: (() => Promise<number>)[]): Promise<number[][]> {
  const samples: number[][] = contenders.map(() => []);
  for (let round = 0; round <= rounds; round++)
    for (const [n, contender] of contenders.entries()) {
      const time = await contender();
      if (round > 0) samples[n].push(time);
    }
  return samples;
}

function say(what: string, samples: number[], unit: string, beside?: number[]): void {
  const { middle, low, high } = spread(samples);
  const ratio = beside ? `, ${spread(samples.map((sample, n) => sample / beside[n])).words} times` : '';
  console.log(`${what}: ${middle} ${unit} (${low} to ${high})${ratio}`);
}

/** Median and quartiles. */
function spread(samples: number[]) {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (fraction: number) => sorted[Math.round(fraction * (sorted.length - 1))].toPrecision(3);
  const [low, middle, high] = [at(0.25), at(0.5), at(0.75)];
  return { low, middle, high, words: `${middle} (${low} to ${high})` };
}
