import { expect, test } from 'vitest';
import { matrixCsv } from './export';

test('matrixCsv keeps numbers, and words with commas and quotes', () => {
  const words = { of: (token: number) => ['start of the text', 'a', ',"'][token] };
  const values = Float32Array.of(1, 0, 0, 0.25, 0.75, 0, 1e-7, 0.1, 0.9);
  expect(matrixCsv(values, 3, 0, words)).toBe(
    [
      'number,token,"start of the text","a",","""',
      '0,"start of the text",1',
      '1,"a",0.25,0.75',
      '2,",""",1e-7,0.1,0.9',
      '',
    ].join('\r\n'),
  );
});
