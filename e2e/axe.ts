import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Frame, Page } from '@playwright/test';
import { expect } from './playground';

/** Evaluated, because the page's policy blocks a script element with this text. */
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export async function findsNothing(page: Page | Frame): Promise<void> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe);
  const violations = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: typeof import('axe-core') };
    // A tooltip comes and goes with the pointer, fades in, and is in no landmark.
    const { violations } = await axe.run({ exclude: ['[data-base-ui-portal]:has(.tooltip)'] });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  });
  expect(violations).toEqual([]);
}

/** The colour schemes and widths for checks with axe. */
export const LOOKS = [
  { name: 'light', colorScheme: 'light', width: 1280 },
  { name: 'dark', colorScheme: 'dark', width: 1280 },
  { name: 'light, 360 px wide', colorScheme: 'light', width: 360 },
  { name: 'dark, 360 px wide', colorScheme: 'dark', width: 360 },
] as const;

/** Two of them, for parts of the page: each scheme and each width once. */
export const TWO_LOOKS = [LOOKS[0], LOOKS[3]];
