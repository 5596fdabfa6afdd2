import { plainText } from '../../model/text/text';
import { typedText } from './document/text-value';
import { FakeEngine } from './fake-engine';
import { Playground } from './playground';

/** For tests: a playground with a text, whose engine is still loading. */
export async function setUp(text = '', createEngine = () => new FakeEngine()) {
  const engines: FakeEngine[] = [];
  let time = 0;
  const playground = new Playground({
    createEngine: () => {
      engines.push(createEngine());
      return engines.at(-1)!;
    },
    findModel: async (wanted) => `weights/${wanted?.id === 'other' ? 'other' : 'one'}/`,
    nextFrame: () => settle(),
    randomSeed: () => 42,
    now: () => time,
  });
  playground.restore(typedText(text));
  playground.load();
  await settle();
  return {
    playground,
    engines,
    engine: () => engines.at(-1)!,
    state: () => playground.store.getState(),
    text: () => plainText(playground.text.runs),
    sources: () => playground.text.runs.map((run) => run.source),
    wait: (ms: number) => {
      time += ms;
    },
  };
}

/** The same, with the engine ready. */
export async function ready(text = '') {
  const all = await setUp(text);
  all.engine().loaded();
  await settle();
  return all;
}

/** Lets everything that is due happen. */
export const settle = () => new Promise<void>((resolve) => setTimeout(resolve));
