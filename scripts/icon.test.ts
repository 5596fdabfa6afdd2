import { inflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { ICON_SIZES, icon } from './icon';

test.each(ICON_SIZES)('draws the letter on the ground of the icon, %i px wide', (size) => {
  const file = Buffer.from(icon(size));
  expect([file.readUInt32BE(16), file.readUInt32BE(20)]).toEqual([size, size]);
  const data = file.indexOf('IDAT');
  const rows = inflateSync(file.subarray(data + 4, data + 4 + file.readUInt32BE(data - 4)));
  const colour = (x: number, y: number) => {
    const at = Math.round(y * size) * (1 + 3 * size) + 1 + 3 * Math.round(x * size);
    return rows.subarray(at, at + 3).toString('hex');
  };
  expect(colour(0, 0)).toBe('0b6b66');
  expect(colour(0.75, 0.25)).toBe('0b6b66');
  expect(colour(0.325, 0.5)).toBe('ffffff');
  expect(colour(0.5, 0.7)).toBe('ffffff');
});
