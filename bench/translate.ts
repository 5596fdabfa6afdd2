// Time from a space that is typed to the translated units on the screen, in both languages, on the CPU path of the page.
// Other work on the machine lengthens it, so it also prints the processor time of the page and its worker per word.
// Run: node scripts/run.mjs bench/translate.ts [K]

import { chromium, type Page } from '@playwright/test';
import { CHROMIUM, QUIET, serveSite, tasksOf } from './site';

const K = Number(process.argv[2] ?? 3);
const TEXT = `I have a small dog. Where did you see the old man yesterday? My sister wants to learn French next year.
We had to wait for the bus because it was raining. Do you know what he said to her when she left? `;
const PAUSE = 400; // ms between words

const site = await serveSite();
const browser = await chromium.launch({ executablePath: CHROMIUM, args: QUIET });
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await page.goto(`${site.address}?backend=cpu&translate`);
  await page.getByText('Ready', { exact: true }).waitFor();
  const slider = page.getByRole('slider', { name: 'Wait for' });
  await slider.press('Home');
  for (let k = 1; k < K; k++) await slider.press('ArrowRight');
  await observe(page);
  await page.getByRole('textbox', { name: 'English' }).focus();
  const words = TEXT.split(/(?<=\s)/);
  await browser.startTracing(page, { categories: ['toplevel', '__metadata'] });
  for (const word of words) {
    await page.keyboard.type(word);
    await page.waitForTimeout(PAUSE);
  }
  // Of the page's main thread and of its workers.
  const tasks = tasksOf(await browser.stopTracing(), /^CrRendererMain|^DedicatedWorker/);
  const busy = tasks.reduce((sum, { tdur = 0 }) => sum + tdur / 1000, 0); // ms
  const ms = (await page.evaluate(() => Reflect.get(window, 'times') as number[])).sort((a, b) => a - b);
  const at = (share: number) => ms[Math.min(ms.length - 1, Math.floor(share * ms.length))].toFixed(0);
  console.log(
    `k = ${K}: ${ms.length} words that changed the translation; from the space to the last unit on the screen: ` +
      `median ${at(0.5)} ms, 95% ${at(0.95)} ms, longest ${at(1)} ms; ` +
      `processor time: ${(busy / words.length).toFixed(0)} ms per word`,
  );
} finally {
  await browser.close();
  await site.close();
}

/** Collects in `times` the ms from each space to the frame after the last change of a translation that follows it. */
async function observe(page: Page): Promise<void> {
  await page.evaluate(() => {
    const times: number[] = [];
    Object.assign(window, { times });
    let typed: number | null = null;
    let isCounted = false;
    document.querySelector('textarea')!.addEventListener('input', (event) => {
      if (!/\s/.test((event as InputEvent).data ?? '\n')) return;
      typed = event.timeStamp;
      isCounted = false;
    });
    const changed = () =>
      requestAnimationFrame(() => {
        if (typed === null) return;
        if (isCounted) times.pop();
        isCounted = true;
        times.push(performance.now() - typed);
      });
    for (const target of document.querySelectorAll('.translate-target'))
      new MutationObserver(changed).observe(target, { childList: true, characterData: true, subtree: true });
  });
}
