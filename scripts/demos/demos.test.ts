import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Demo } from '../../src/app/demos';
import { openFile } from '../../src/app/store/links/sharing';
import { startPlayground } from '../headless';
import { firstModel, readIndex, readJson } from '../node';
import { DEMOS } from './demos';
import { DESCRIBE } from './describe';

const FOLDER = 'public/demos/';
const demos: Demo[] = readJson(`${FOLDER}demos.json`);
const page = await startPlayground(firstModel());
const fileOf = ({ file }: Demo) => new File([readFileSync(FOLDER + file)], file);

test('the list has the demos of the script, each with a file that the page opens with the default model', async () => {
  expect(demos.map(({ id }) => id)).toEqual(DEMOS.map(({ id }) => id));
  for (const demo of demos) {
    await openFile(page, fileOf(demo));
    expect(page.text.model?.digest, demo.id).toBe(readIndex()[0].digest);
  }
});

// One of each kind that takes little time.
test.each(['far-word', 'gate', 'branch', 'eight'])('the sentence of %s follows from its file', async (id) => {
  const demo = demos.find((one) => one.id === id)!;
  await openFile(page, fileOf(demo));
  expect(await DESCRIBE[id](page)).toBe(demo.sentence);
});
