import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeSnapshot } from '../../../model/runtime/snapshot-file';
import { unknownRecords } from '../../../model/sampling/records';
import { GREEDY } from '../../../model/sampling/sampling';
import { appendSampled, typed } from '../../../model/text/text';
import { EMPTY, type TextValue, typedText } from '../document/text-value';
import { openFile } from '../links/sharing';
import { stateFile } from '../testing';
import { tab } from './test-tab';
import { readTexts, writeTexts } from './texts-file';

const itemOf = (text: TextValue, name: string | null = null, title = '') => ({
  entry: { id: '', name, title, changed: 5, revision: '' },
  text,
});
const file = (content: BlobPart, name = 'notes.txt') => new File([content], name);
const exported = writeTexts(['= Tea =\n\nA drink.', 'Two'].map((words) => itemOf(typedText(words))));

/** Changes that editors and other programs make to a file. */
const RESHAPED: [string, (content: string) => string][] = [
  ['unchanged', (content) => content],
  ['indented', (content) => JSON.stringify(JSON.parse(content), null, 2)],
  [
    'indented with tabs and CRLF',
    (content) => JSON.stringify(JSON.parse(content), null, '\t').replaceAll('\n', '\r\n'),
  ],
  ['with a byte order mark', (content) => `\uFEFF${content}`],
  ['with white space around', (content) => `\n  ${content}\n\n`],
  [
    'with sorted keys',
    (content) => {
      const { format, texts, version } = JSON.parse(content);
      return JSON.stringify({ version, texts, format });
    },
  ],
];

describe('a file of texts', () => {
  it('restores any text', () => {
    const word = fc.string({ unit: 'binary', maxLength: 8 });
    fc.assert(
      fc.property(word, fc.array(word, { maxLength: 5 }), word, (before, words, name) => {
        const lengths = Uint32Array.from(words, (word) => word.length);
        const records = unknownRecords(lengths);
        const tokens = { ids: lengths, lengths };
        const runs = appendSampled(typed(before), {
          text: words.join(''),
          tokens,
          records,
          sampling: GREEDY,
        });
        const model = { id: 'm', digest: 'd' };
        const branches = [{ id: 1, name, isPruned: false, runs: runs.slice(1), model }];
        const text: TextValue = { ...EMPTY, runs, model, generatedFrom: 3, branches };
        const item = itemOf(text, name, before);
        expect(readTexts(writeTexts([item]))).toEqual({ kind: 'texts', items: [item], unreadable: 0 });
      }),
    );
  });

  it('holds a saved state once, and drops a damaged one but keeps the words', async () => {
    const state = await stateFile();
    const start = { ...(await describeSnapshot(state)), name: 'a.leapformer.state' };
    const items = [state, state.slice()].map((file, n) =>
      itemOf({ ...typedText(`Text ${n}`), start: { ...start, file } }),
    );
    const content = writeTexts(items);
    expect(content.match(/Uint8Array/g)).toHaveLength(1);
    expect(readTexts(content)).toEqual({ kind: 'texts', items, unreadable: 0 });
    const damaged = writeTexts([itemOf({ ...items[0].text, start: { ...start, file: state.with(50, 1) } })]);
    for (const [from, expected] of [
      [content, state],
      [damaged, null],
    ] as const) {
      const { playground, text } = await tab();
      await openFile(playground, file(from));
      expect(text()).toBe('Text 0');
      expect(playground.text.start?.file).toEqual(expected);
    }
  });

  it.each(RESHAPED)('is imported completely: %s', async (_how, reshape) => {
    const { playground, names, text, notice } = await tab();
    await openFile(playground, file(reshape(exported)));
    expect(names().sort()).toEqual(['Untitled', 'Untitled']); // the entries have no titles
    expect(text()).toBe('= Tea =\n\nA drink.');
    expect(notice()).toBe('2 texts were added.');
  });

  it.each(RESHAPED)('is refused if it is cut off at any place: %s', async (_how, reshape) => {
    const { playground, text, names, notice } = await tab();
    const whole = reshape(exported);
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: whole.trimEnd().length - 1 }), async (length) => {
        playground.dismiss('notice');
        await openFile(playground, file(whole.slice(0, length), 'a.leapformer.json'));
        expect(notice()).toMatch(/Your own text is unchanged\.$/);
        expect(text()).toBe('Example.');
        expect(names()).toEqual([]);
      }),
    );
  });

  it.each([
    ['a newer version', exported.replace('"version":2', '"version":4'), /newer version of the playground/],
    ['no texts', '{"format":"leapformer-texts","version":2}', /damaged or cut off/],
    ['invalid texts', '{"format":"leapformer-texts","version":2,"texts":[{},null,3]}', /damaged or cut off/],
    ['only the beginning', '{ "format": "leapf', /damaged or cut off/],
    ['nothing', ' ', /is empty/],
  ])('is refused with %s', async (_what, content, words) => {
    const { playground, text, notice } = await tab();
    await openFile(playground, file(content));
    expect(notice()).toMatch(words);
    expect(text()).toBe('Example.');
  });

  it('with one damaged text gives the others and a notice', async () => {
    const { playground, text, notice } = await tab();
    await openFile(playground, file(exported.replace('"source":"typed"', '"source":"?"')));
    expect(text()).toBe('Two');
    expect(notice()).toBe('1 text was added. 1 text in the file is damaged.');
  });

  it('is distinguished from other JSON, which is plain text', async () => {
    const { playground, text } = await tab();
    for (const content of ['{"format":"other"}', '[1]', '"format"', '{}']) {
      await openFile(playground, file(content));
      expect(text()).toBe(content);
    }
  });

  it('moves one text or all texts to another browser', async () => {
    const { texts, write } = await tab();
    write('One');
    await texts.add();
    write('Two');
    const other = await tab();
    await openFile(other.playground, file(await texts.export('current')));
    expect(other.text()).toBe('Two');
    await openFile(other.playground, file(await texts.export('all')));
    expect(other.names().sort()).toEqual(['One', 'Two', 'Two']);
  });
});
