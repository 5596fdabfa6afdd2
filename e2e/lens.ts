import type { Page } from '@playwright/test';
import * as names from './names';
import { example, expect, type PlaygroundPage } from './playground';

export const SIZE = { width: 1120, height: 700 }; // of pictures

export const { showpiece } = example;
/** The word that the showpiece looks back at. */
export const KEY = tokenText(showpiece.key);
export const lens = (page: Page) => page.locator('.lens');
export const view = (page: Page, name: string) => lens(page).getByRole('button', { name, exact: true });
export const matrix = (page: Page) => lens(page).getByRole('img', { name: names.MATRIX_PICTURE });
export const sentence = (page: Page) => lens(page).locator('.lens-sentence');
export const head = (page: Page, layer: number, head: number) =>
  lens(page).getByRole('button', { name: names.headCell(layer, head) });
export const token = (page: Page) => page.getByRole('slider', { name: names.LENS_TOKEN });
export const percent = (share: number) => `${Math.round(100 * share)}%`;

/** The text of a token of the example, numbered as in TokenIndex. */
function tokenText(number: number): string {
  const { typed, sampled } = example;
  const lengths = [...typed.lengths, ...sampled.lengths];
  const from = lengths.slice(0, number).reduce((sum, length) => sum + length, 0);
  return (typed.text + sampled.text).slice(from, from + lengths[number]).trim();
}

export async function openLens(playground: PlaygroundPage, page: Page): Promise<void> {
  await playground.isReady();
  await playground.openPanel(names.LENS);
  await expect(lens(page).getByRole('table', { name: names.LARGEST_SHARES })).toBeVisible();
}
