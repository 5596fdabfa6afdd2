import fc from 'fast-check';
import { expect, test } from 'vitest';
import { GREEDY } from '../../../model/sampling/sampling';
import { decodeLink, encodeLink } from '../../../share/link';
import { taughtFromView, taughtToView } from './taught';

const digest = fc.stringMatching(/^[0-9a-f]{64}$/);
const taught = fc.record({
  base: fc.record({ id: fc.stringMatching(/^[\w-][\w.-]{0,99}$/), digest }),
  adapter: digest,
});

test('a link names the base and the adapter of a taught model', () =>
  fc.assert(
    fc.asyncProperty(taught, digest, async (from, merged) => {
      const view = taughtToView({ taught: from });
      const model = { id: 'taught', digest: merged };
      const fragment = await encodeLink({ model, runs: [], sampling: GREEDY, view });
      expect(taughtFromView((await decodeLink(fragment)).view)).toEqual(from);
    }),
    { numRuns: 20 },
  ));

test.each([
  ['another model', {}],
  ['no adapter', { taughtBase: 'a'.repeat(64), taughtBaseId: 'wiki' }],
  ['an address as id', { taughtBase: 'a'.repeat(64), taughtBaseId: '../x', taughtAdapter: 'b'.repeat(64) }],
  ['a number', { taughtBase: 1, taughtBaseId: 'wiki', taughtAdapter: 'b'.repeat(64) }],
])('a view of %s names none', (_name, view) => {
  expect(taughtFromView(view)).toBeNull();
});
