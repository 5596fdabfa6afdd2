import type { Page } from '@playwright/test';
import * as names from './names';
import { expect, LONG, type PlaygroundPage, test } from './playground';

/** Size of the window and of the browser's default font, in CSS pixels. */
interface Size {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** 16 if it is missing. */
  readonly font?: number;
}

const SIZES: readonly Size[] = [
  { name: 'a laptop', width: 1280, height: 800 },
  { name: 'a small laptop', width: 1024, height: 768 },
  { name: 'a half of a screen', width: 800, height: 800 },
  { name: 'a tablet', width: 768, height: 1024 },
  { name: 'the narrowest window with a column beside the text', width: 720, height: 800 },
  { name: 'the widest window with a sheet', width: 719, height: 800 },
  { name: 'a phone', width: 360, height: 740 },
  { name: 'a phone on its side', width: 740, height: 360 },
  { name: 'a low window', width: 800, height: 500 },
  { name: 'zoomed to 400%', width: 320, height: 200 },
  { name: 'a laptop, text at 200%', width: 1280, height: 800, font: 32 },
  { name: 'a tablet, text at 200%', width: 768, height: 1024, font: 32 },
  { name: 'a phone, text at 200%', width: 360, height: 740, font: 32 },
];

/** The panels beside or below the text, and how to open them. */
const BESIDE: readonly { name: string; bring(page: Page, playground: PlaygroundPage): Promise<unknown> }[] = [
  { name: 'the text alone', bring: async () => {} },
  { name: 'Settings', bring: (_page, playground) => playground.openPanel(names.SETTINGS) },
  { name: 'Token', bring: (_page, playground) => playground.openPanel(names.TOKEN) },
  { name: 'Branches', bring: (_page, playground) => playground.openPanel(names.BRANCHES) },
  { name: 'Lens', bring: (_page, playground) => playground.openPanel(names.LENS) },
  {
    name: 'Lens, matrix',
    bring: (page) => page.getByRole('button', { name: 'Matrix', exact: true }).click(),
  },
  {
    name: 'Lens, all heads',
    bring: (page) => page.getByRole('button', { name: 'All heads', exact: true }).click(),
  },
];

async function sizeTo(page: Page, { width, height, font = 16 }: Size): Promise<void> {
  await page.setViewportSize({ width, height });
  const client = await page.context().newCDPSession(page);
  await client.send('Page.setFontSizes', { fontSizes: { standard: font, fixed: font } });
  await client.detach();
}

/** Describes every fault of the page's layout. */
function faults(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const SLACK = 1.5; // px, for rounding
    type Box = { left: number; top: number; right: number; bottom: number };
    const cut = (a: Box, b: Box): Box => ({
      left: Math.max(a.left, b.left),
      top: Math.max(a.top, b.top),
      right: Math.min(a.right, b.right),
      bottom: Math.min(a.bottom, b.bottom),
    });
    const isThere = ({ left, top, right, bottom }: Box) => right - left > SLACK && bottom - top > SLACK;
    const name = (element: Element) =>
      `${element.className} “${element.getAttribute('aria-label') ?? element.textContent?.trim().slice(0, 20)}”`;
    /** The part of an element that is visible without scrolling. */
    const inSight = (element: Element): Box => {
      let box: Box = element.getBoundingClientRect();
      for (let parent = element.parentElement; parent; parent = parent.parentElement)
        if (getComputedStyle(parent).overflow !== 'visible') box = cut(box, parent.getBoundingClientRect());
      return cut(box, { left: 0, top: 0, right: innerWidth, bottom: innerHeight });
    };
    const found: string[] = [];
    const overlapping = (elements: Element[], boxOf: (element: Element) => Box) => {
      const boxes = elements.map(boxOf);
      elements.forEach((one, i) => {
        elements.slice(i + 1).forEach((other, j) => {
          if (!one.contains(other) && !other.contains(one) && isThere(cut(boxes[i], boxes[i + 1 + j])))
            found.push(`${name(one)} overlaps ${name(other)}`);
        });
      });
    };
    const all = (selector: string) =>
      [...document.querySelectorAll(selector)].filter((element) => element.checkVisibility());
    const regions = all('.top-bar, .page, .rail, .action-bar');
    overlapping(regions, (region) => region.getBoundingClientRect());
    const controls = all(
      '.app :is(button, input, select, summary, textarea, .name, .figures, .meter, .hint, .rail p)',
    ).filter((control) => getComputedStyle(control).clipPath === 'none');
    overlapping(controls, inSight);
    for (const control of controls) {
      const region = control.closest('.lens-scroll')
        ? null
        : control.closest('.top-bar, .page, .rail, .action-bar');
      const [box, around] = [control.getBoundingClientRect(), region?.getBoundingClientRect()];
      if (around && (box.left < around.left - SLACK || box.right > around.right + SLACK))
        found.push(`${name(control)} reaches out of ${name(region!)}`);
    }
    for (const button of all('.app :is(.top-bar, .action-bar, .rail-head) :is(button, [role="tab"])')) {
      button.scrollIntoView({ block: 'nearest' });
      const { left, top, width, height } = button.getBoundingClientRect();
      const hit = document.elementFromPoint(left + width / 2, top + height / 2);
      if (!button.contains(hit))
        found.push(`${name(button)} cannot be reached: ${hit ? name(hit) : 'nothing'}`);
    }
    for (const { scrollWidth, clientWidth } of [document.documentElement, ...all('.app, .rail, .rail-body')])
      if (scrollWidth > clientWidth + SLACK)
        found.push(`something is ${scrollWidth} px wide in ${clientWidth}`);
    return found;
  });
}

/** Also after a part has moved to its place. */
const hasNoFault = (page: Page, message: string) =>
  expect
    .configure({ soft: true })
    .poll(() => faults(page), { message, timeout: 5000 })
    .toEqual([]);

async function cardsFit(page: Page, playground: PlaygroundPage, size: Size): Promise<void> {
  for (const name of [
    /^About the model/,
    /^Runs on/,
    /^Share/,
    /^Help/,
    /^More$/,
    /^LeaPformer/,
    /^New$/,
    /^Your texts/,
    /^Memory/,
  ]) {
    await playground.openCard(name);
    const card = page.getByRole('dialog');
    await expect(card).toBeVisible();
    await expect.poll(async () => (await card.boundingBox())!.height).toBeGreaterThan(64);
    const { x, y, width, height } = (await card.boundingBox())!;
    const outside = [-x, -y, x + width - size.width, y + height - size.height];
    expect.soft(Math.max(...outside), `${name} outside`).toBeLessThanOrEqual(1);
    const end = await card.evaluate((element) => {
      element.scrollTop = element.scrollHeight;
      return element.scrollHeight - element.scrollTop - element.clientHeight;
    });
    expect.soft(end, `${name} to its end`).toBeLessThanOrEqual(1);
    await page.keyboard.press('Escape');
    await expect(card).toHaveCount(0);
  }
}

for (const [name, sizes] of [
  ['wide', SIZES.filter(({ width }) => width >= 800)],
  ['narrow', SIZES.filter(({ width }) => width < 800)],
] as const)
  test(`in ${name} windows nothing overlaps, every control is reachable, and cards fit and scroll to their end`, async ({
    playground,
    page,
  }) => {
    test.slow();
    const begin = async () => {
      await playground.open();
      await playground.isReady();
      await playground.press(playground.write); // from then on, the bar shows its figures
    };
    await begin();
    for (const size of sizes)
      await test.step(`${size.width} x ${size.height}, ${size.name}`, async () => {
        await sizeTo(page, size);
        if (size.font) await begin(); // media queries keep the font size of the load
        for (const { name, bring } of BESIDE) {
          await bring(page, playground);
          await page.mouse.move(0, 0);
          await expect(page.locator('.lens-waiting')).toHaveCount(0);
          await hasNoFault(page, `${size.name}: ${name}`);
        }
        await page.getByRole('button', { name: names.closing(names.LENS), exact: true }).click();
        if (size.width < 800) await cardsFit(page, playground, size);
      });
  });

test('at every size, a message above the buttons covers nothing', async ({ playground, page }) => {
  await page.goto('./?model=..');
  await expect(page.getByRole('alert')).toBeVisible();
  for (const size of SIZES) {
    await sizeTo(page, size);
    await hasNoFault(page, `${size.name}: the text alone`);
    await playground.openPanel(names.SETTINGS);
    await hasNoFault(page, `${size.name}: Settings`);
    await page.getByRole('button', { name: names.closing(names.SETTINGS) }).click();
  }
});

test('opening the rail does not change the size of the text', async ({ playground, page }) => {
  await page.setViewportSize({ width: 800, height: 800 });
  await playground.open();
  const letters = () => page.locator('.cm-content').evaluate((e) => getComputedStyle(e).fontSize);
  const before = await letters();
  await playground.openPanel(names.SETTINGS);
  expect(await letters()).toBe(before);
});

test('a low window scrolls to the buttons, and back to the text during a generation', async ({
  playground,
  page,
}) => {
  await page.setViewportSize({ width: 320, height: 200 });
  await playground.open('', LONG);
  await playground.isReady();
  await playground.write.click();
  await expect(playground.stop).toBeInViewport();
  await expect(page.getByRole('main')).toBeInViewport({ ratio: 0.3 });
  await playground.stop.click();
  await playground.isIdle();
});
