// Tasks of the page's main thread while the model generates: a trace of 30 s of typing, scrolling and token colours, then
// scrolling through 100,000 tokens. Prints wall time, which other work on the machine lengthens, and processor time.
// Run: node scripts/run.mjs bench/typing.ts [SECONDS]

import { type Browser, chromium, type Page } from '@playwright/test';
import { CHROMIUM, QUIET, serveSite, tasksOf } from './site';

const SECONDS = Number(process.argv[2] ?? 30);
const LONG = 50; // ms

const site = await serveSite();
const browser = await chromium.launch({ executablePath: CHROMIUM, args: QUIET });
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.addInitScript(() => {
    const settings = { length: 4096, atArticleEnd: 'continue', tokensPerSecond: 0 };
    localStorage.setItem('settings', JSON.stringify(settings));
  });
  await page.goto(site.address);
  await page.getByRole('button', { name: /^About the model/ }).waitFor();
  await traced(browser, page, 'typing, scrolling and streaming', () => typeAndScroll(page, SECONDS));
  await page.keyboard.press('Control+i');
  await traced(browser, page, 'the same, with colours and alternatives', () => typeAndScroll(page, SECONDS));
  await page.keyboard.press('Control+i');
  await paste(page, 100_000);
  await traced(browser, page, 'scrolling through 100,000 tokens', () => scroll(page, SECONDS / 3));
} finally {
  await browser.close();
  await site.close();
}

/** While the model generates: every second, types words, which stops the generation, and presses Generate again. */
async function typeAndScroll(page: Page, seconds: number): Promise<void> {
  const end = performance.now() + 1000 * seconds;
  while (performance.now() < end) {
    await page.keyboard.press('Control+Enter');
    await page.waitForTimeout(500);
    await page.mouse.move(400, 400);
    for (const by of [-600, -300, 300, 600]) {
      await page.mouse.wheel(0, by);
      await page.waitForTimeout(60);
    }
    await page.getByRole('textbox', { name: 'Text', exact: true }).focus();
    await page.keyboard.press('Control+End');
    await page.keyboard.type(' and then', { delay: 40 });
  }
  await page.keyboard.press('Escape');
}

async function scroll(page: Page, seconds: number): Promise<void> {
  const end = performance.now() + 1000 * seconds;
  await page.mouse.move(400, 400);
  for (let n = 0; performance.now() < end; n++) {
    await page.mouse.wheel(0, n % 40 < 20 ? 4000 : -1500);
    await page.waitForTimeout(30);
  }
}

/** A text of about `count` tokens, of four characters each. */
async function paste(page: Page, tokens: number): Promise<void> {
  await page.getByRole('textbox', { name: 'Text', exact: true }).evaluate((element, count) => {
    const sentence = 'The wren is a small brown bird of hedges and woods, and it sings at dusk. ';
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', `\n\n${sentence.repeat(12)}`.repeat(Math.ceil(count / 216)));
    element.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  }, tokens);
  await page.waitForTimeout(2000);
}

async function traced(browser: Browser, page: Page, what: string, work: () => Promise<void>): Promise<void> {
  await browser.startTracing(page, { categories: ['toplevel', '__metadata'] });
  await work();
  const tasks = tasksOf(await browser.stopTracing(), /^CrRendererMain$/);
  const describe = (field: 'dur' | 'tdur') => {
    const ms = tasks.map((task) => (task[field] ?? 0) / 1000).sort((a, b) => b - a);
    const over = ms.filter((time) => time > LONG).length;
    return `longest ${ms
      .slice(0, 3)
      .map((time) => time.toFixed(1))
      .join(', ')} ms, ${over} over ${LONG} ms`;
  };
  console.log(
    `${what}: ${tasks.length} tasks\n  clock:     ${describe('dur')}\n  processor: ${describe('tdur')}`,
  );
}
