import { describe, expect, it } from 'vitest';
import { TokenIndex } from '../../../model/text/token-index';
import { EMPTY } from '../document/text-value';
import { ready, settle } from '../testing';
import { lookUp, readUpTo } from './inspection';

/** A text of one typed letter and a generated continuation. */
async function written(...words: string[]) {
  const all = await ready('A');
  const done = all.playground.generate();
  await settle();
  await all.engine().writes(...words);
  all.engine().finishes();
  await done;
  await all.playground.inspection.readText(); // encodes the letter
  const { playground } = all;
  const look = (number: number) => {
    const { reading } = playground.inspection.store.getState();
    const index = new TokenIndex(playground.text.runs);
    return lookUp(index.token(number), reading, readUpTo(reading, playground.text.runs));
  };
  return { ...all, look };
}

describe('reading a text', () => {
  it('gives scores of typed and sampled tokens, until the text before them changes', async () => {
    const { playground, look } = await written(' b', ' c');
    for (const number of [0, 1, 2]) expect(look(number)?.logProbability).toBeCloseTo(-Math.LN2);
    playground.edit({ from: 3, to: 3, insert: '!' }); // between the two sampled tokens
    expect(look(0)?.rank).toBe(1);
    playground.edit({ from: 0, to: 1, insert: 'B' });
    const { reading } = playground.inspection.store.getState();
    expect(readUpTo(reading, playground.text.runs)).toBe(0);
  });

  it('is cancelled by an edit or on request', async () => {
    const { playground, engine } = await ready('A');
    const { store } = playground.inspection;
    let end = () => {};
    const score = engine().score.bind(engine());
    engine().score = async (...values) => {
      await new Promise<void>((resolve) => {
        end = resolve;
      });
      return score(...values);
    };
    for (const interrupt of [
      () => playground.edit({ from: 1, to: 1, insert: 'b' }),
      () => playground.inspection.cancel(),
    ]) {
      const reading = playground.inspection.readText();
      await settle();
      expect(store.getState().progress).not.toBeNull();
      interrupt();
      end();
      await reading;
      expect(store.getState()).toMatchObject({ progress: null, reading: null });
    }
  });

  it('asks for the probability of one token after sampling', async () => {
    const { playground } = await written(' b');
    await playground.inspection.scoreToken(new TokenIndex(playground.text.runs).token(0));
    expect(playground.inspection.find(0)?.record).toMatchObject({ probability: 0.75 });
    expect(playground.inspection.find(1)?.record?.probability).not.toBe(0.75);
  });

  it('drops the score of a token when the text before it changes, or another text is shown', async () => {
    const { playground } = await written(' b');
    const { inspection } = playground;
    const probability = () => inspection.find(1)?.record?.probability;
    await inspection.scoreToken(new TokenIndex(playground.text.runs).token(1));
    expect(probability()).toBe(0.75);
    playground.edit({ from: 3, to: 3, insert: '!' });
    expect(probability()).toBe(0.75);
    playground.edit({ from: 0, to: 1, insert: 'B' });
    await inspection.scoreToken(new TokenIndex(playground.text.runs).token(0)); // encodes the new letter
    expect(probability()).not.toBe(0.75);
    await playground.texts.add(EMPTY);
    expect(inspection.store.getState()).toMatchObject({ reading: null, tokenScore: null });
  });
});

describe('choosing an alternative', () => {
  it('replaces a token with it and generates from there, as one undo step', async () => {
    const { playground, engine, text, sources } = await written(' b', ' c', ' d');
    const before = text();
    const { token } = playground.inspection.find(2)!;
    const { record } = playground.inspection.find(0)!;
    const done = playground.choose(token, record!, 1);
    await settle();
    expect(text()).toBe('A b<8>');
    const request = engine().requests.at(-1)!;
    expect(request.branchAt).toBe(2);
    expect(
      request.runs.flatMap<string | number>((run) =>
        'ids' in run ? [...run.ids] : 'text' in run ? [run.text] : [],
      ),
    ).toEqual([65, 100, 8]);
    await engine().writes(' e');
    engine().finishes();
    await done;
    expect(text()).toBe('A b<8> e');
    expect(sources()).toEqual(['typed', 'sampled', 'sampled', 'sampled']);
    expect(playground.inspection.find(2)?.record).toMatchObject({ id: 8, logProbability: -2, rank: 2 });
    playground.undo();
    expect(text()).toBe(before);
    playground.redo();
    expect(text()).toBe('A b<8> e');
  });

  it('steps from token to token, and replaces the selected token', async () => {
    const { playground, text } = await written(' b', ' c');
    playground.walk(-1);
    expect(playground.tokens.getState().chosen).toBe(2);
    playground.walk(-1);
    playground.walk(-1);
    playground.walk(-1);
    expect(playground.tokens.getState().chosen).toBe(0);
    playground.chooseHere(5); // there is no sixth
    expect(text()).toBe('A b c');
    playground.chooseHere(0);
    await settle();
    expect(text()).toBe('<7>');
  });
});
