import { expect, test } from 'vitest';
import { type Picture, svgFile } from './picture';

const picture: Picture = {
  file: 'chart',
  title: 'Shares of “a < b” & more',
  body: '<path d="M0 0H300"/>',
  width: 300,
  height: 100,
  legend: [
    { name: 'first & second', colour: 'rgba(11, 107, 102, 0.5)', mark: 'dot' },
    { stops: ['rgb(1, 2, 3)', 'rgb(4, 5, 6)'], ends: ['0%', '49%'] },
  ],
  notes: ['Shares of attention in percent, for the five words of the text with the largest shares of all.'],
  colours: { paper: 'rgb(255, 255, 255)', ink: 'rgb(0, 0, 0)', quiet: 'rgb(90, 90, 90)' },
};

test('the file has title, legend and notes as escaped text, and no line is wider than it', () => {
  const svg = svgFile(picture);
  const [, width, height] = /width="(\d+)" height="(\d+)"/.exec(svg)!.map(Number);
  const lines = [...svg.matchAll(/<text[^>]*?(?: y="(\d+)")?[^>]*>([^<]*)</g)].map(([, , words]) => words);
  expect(svg).toContain('Shares of “a &lt; b” &amp; more</text>');
  expect(lines).toEqual(expect.arrayContaining(['first &amp; second', '0%', '49%']));
  expect(lines.slice(-2).join(' ')).toBe(picture.notes[0]);
  for (const words of lines) expect(6 * words.length).toBeLessThan(width);
  const places = [...svg.matchAll(/<text x="20" y="(\d+)"/g)].map(([, y]) => Number(y));
  expect(Math.max(...places)).toBeLessThan(height);
});

test('colours that every program reads: rgb, with the opacity apart', () => {
  const svg = svgFile(picture);
  expect(svg).toContain('fill="rgb(11,107,102)" fill-opacity="0.5"');
  expect(svg).not.toMatch(/rgba|var\(|light-dark/);
});
