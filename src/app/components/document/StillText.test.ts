import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import { unknownRecords } from '../../../model/sampling/records';
import { GREEDY } from '../../../model/sampling/sampling';
import type { Run } from '../../../model/text/text';
import { StillText } from './StillText';

test('a paragraph that a person began and the model continued has the bar, as in the editor', () => {
  const ids = Uint32Array.of(5);
  const runs: Run[] = [
    { source: 'typed', text: 'Typed alone.\n\nThe band', tokens: null },
    {
      source: 'sampled',
      text: ' wrote songs.',
      tokens: { ids, lengths: Uint32Array.of(13) },
      sampling: GREEDY,
      records: unknownRecords(ids),
    },
  ];
  const markup = renderToStaticMarkup(createElement(StillText, { runs, isWhole: true }));
  const marked = [...markup.matchAll(/class="cm-line([^"]*)">([^<]*)</g)].map(([, look, words]) => [
    words,
    look.includes('still-sampled'),
  ]);
  expect(marked).toEqual([
    ['Typed alone.', false],
    ['', false],
    ['The band wrote songs.', true],
  ]);
});
