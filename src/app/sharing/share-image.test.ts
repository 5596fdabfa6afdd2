import { expect, test, vi } from 'vitest';
import { Playground } from '../store/playground';
import { wordsOf } from './ShareImage';

test('the foot of the image has the meaning of the colours, the address and the beginning of the digest', () => {
  vi.stubGlobal('location', { host: 'example.org', pathname: '/play/' });
  const playground = new Playground({
    createEngine: () => {
      throw new Error('not needed');
    },
    findModel: async () => ({ url: '' }),
    nextFrame: async () => {},
    randomSeed: () => 1,
  });
  playground.restore({
    runs: [{ source: 'typed', text: 'Tea', tokens: null }],
    model: { id: 'wiki', digest: '25b7674e41c8' },
    generatedFrom: null,
    branches: [],
    origin: null,
  });
  const words = () => wordsOf(playground);
  expect(words()[0]).toContain('stronger colour: more surprising');
  expect(words()[1]).toBe('example.org/play/  ·  model 25b7674e');
  playground.store.setState({ panel: 'lens' });
  expect(words()[0]).toContain('stronger colour: more attention');
  playground.lens.set({ mode: 'matrix', of: 'reweighting' });
  expect(words()[0]).not.toContain('colour');
});
