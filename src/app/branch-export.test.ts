import { expect, test } from 'vitest';
import { unknownRecords } from '../model/sampling/records';
import { appendSampled, type Run, typed } from '../model/text/text';
import { exportBranches } from './branch-export';
import { keepBranch, nameBranch } from './store/document/branches';
import { EMPTY, type TextValue } from './store/document/text-value';

function sampled(before: readonly Run[], text: string, id: number): Run[] {
  const tokens = { ids: Uint32Array.of(id), lengths: Uint32Array.of(text.length) };
  return appendSampled(before, { text, tokens, records: unknownRecords(tokens.ids), sampling: null });
}

let value: TextValue = { ...EMPTY, runs: sampled(typed('= Tea ='), '\n\nIt is *hot*.', 7) };
value = keepBranch(value);
value = keepBranch({ ...value, runs: sampled(typed('= Tea ='), '\n\nTea.', 8) });
value = nameBranch(value, 1, 'first');

test('JSON holds the tree with its tokens and sources', () => {
  const { tree, ...head } = JSON.parse(exportBranches(value, 'json'));
  expect(head).toEqual({ format: 'leapformer-branches', version: 1, model: null });
  expect(tree).toEqual({
    pieces: [{ source: 'typed', text: '= Tea =' }],
    children: [
      { name: 'first', pieces: [{ source: 'sampled', text: '\n\nIt is *hot*.', ids: [7] }], children: [] },
      { here: true, pieces: [{ source: 'sampled', text: '\n\nTea.', ids: [8] }], children: [] },
    ],
  });
});

test('Markdown is a nested list, and Markdown characters of the text are escaped', () => {
  expect(exportBranches(value, 'markdown')).toBe(
    '\\= Tea =\n\n- **1 first** \n  \n  It is \\*hot\\*.\n\n- **2** \n  \n  Tea.\n',
  );
});

test('plain text holds each text in full', () => {
  expect(exportBranches(value, 'text')).toBe(
    '--- first ---\n\n= Tea =\n\nIt is *hot*.\n\n\n--- Text 2 (current) ---\n\n= Tea =\n\nTea.\n',
  );
  expect(exportBranches(EMPTY, 'text')).toBe('');
});
