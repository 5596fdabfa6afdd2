import { EngineError } from '../src/model/runtime/errors';
import { DIRECTIONS, type Direction } from '../src/model/text/simultaneous';
import { createBackend } from '../src/workers/backends';
import { Engine } from '../src/workers/engine';
import type { TranslatedSentence, TranslateEvent } from '../src/workers/messages';
import { translationAfter, writtenUnits } from '../src/workers/translate/translation';
import { numberOption, runCommand } from './command';
import { firstTranslator, nodeGpu, readFolder } from './node';

const USAGE = `Translates English while it arrives, on the same engine as the playground: a line for each line.

npm run -s translate -- --to de|fr [--k K] [--backend auto|webgpu|cpu|reference] [--model DIR] < FILE

The model waits for K units (words with their punctuation) of each sentence, by default 3, and then writes a unit for each
unit that it reads. --k offline waits for the whole sentence. A unit is complete when white space follows it. It is printed
once the next unit of the source is complete, because punctuation that stands apart still joins the unit before it.`;

const OPTIONS = {
  to: { type: 'string' },
  k: { type: 'string', default: '3' },
  backend: { type: 'string', default: 'cpu' },
  model: { type: 'string' },
} as const;

const BACKENDS = ['auto', 'webgpu', 'cpu', 'reference'] as const;

/** The units that no later text of the line can change: those before the last turn, unless the line has `ended`. */
function finalUnits(
  sentences: readonly TranslatedSentence[],
  direction: Direction,
  ended: boolean,
): string[] {
  return sentences.flatMap(({ units, turns }, n) => {
    const isLast = !ended && n === sentences.length - 1;
    return writtenUnits(turns[direction])
      .filter(({ after }) => !isLast || after < units.length)
      .map(({ text }) => text);
  });
}

await runCommand(USAGE, OPTIONS, async (values) => {
  const direction = DIRECTIONS.find((each) => each === `en-${values.to}`);
  if (!direction)
    throw new EngineError('input', `--to is ${values.to ?? 'missing'}.`, 'Use --to de or --to fr.');
  const choice = BACKENDS.find((each) => each === values.backend);
  if (!choice)
    throw new EngineError('input', `--backend is ${values.backend}.`, `Use one of ${BACKENDS.join(', ')}.`);
  const k = values.k === 'offline' ? Number.POSITIVE_INFINITY : numberOption('k', values.k, 3);
  const gpu = choice === 'auto' || choice === 'webgpu' ? await nodeGpu() : undefined;
  const engine = new Engine({
    readFile: readFolder,
    createBackend: (model, kind) => createBackend(model, kind, gpu),
  });
  const model = { url: values.model ?? firstTranslator() };
  await engine.load({ model, backend: choice }, () => {});

  let sentences: readonly TranslatedSentence[] = [];
  let printed = 0; // units of the line
  const translate = async (text: string, ended: boolean) => {
    const onEvent = (event: TranslateEvent) => {
      if (event.type === 'notice') console.error(event.message);
      sentences = translationAfter(sentences, event);
    };
    await engine.translate({ text, ended, k, directions: [direction] }, onEvent);
    const units = finalUnits(sentences, direction, ended);
    for (; printed < units.length; printed++) process.stdout.write((printed ? ' ' : '') + units[printed]);
    if (!ended) return;
    process.stdout.write('\n');
    printed = 0;
  };
  let line = '';
  process.stdin.setEncoding('utf8');
  for await (const part of process.stdin) {
    const lines = (line + part).split(/\r\n|\n/);
    line = lines.pop()!;
    for (const whole of lines) await translate(whole, true);
    if (line) await translate(line, false);
  }
  if (line) await translate(line, true);
  engine.unload();
});
