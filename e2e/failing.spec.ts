import * as names from './names';
import { expect, LONG, test } from './playground';

test('when the worker dies, another worker continues the text', async ({ playground, page }) => {
  await playground.open('', LONG);
  await playground.isReady();
  await playground.startNew('Tea is a drink');
  await playground.write.click();
  await expect(playground.text.locator('ins')).not.toHaveCount(0);
  const before = await playground.words();
  const [worker] = page.workers();
  await worker.evaluate(() => close()); // the page gets no event
  await expect(
    page.getByText('The engine stopped. Writing resumes from the last token.').first(),
  ).toBeVisible();
  await expect.poll(async () => (await playground.words()).length).toBeGreaterThan(before.length + 100);
  await playground.stop.click();
  await playground.isIdle();
  expect((await playground.words()).startsWith(before)).toBe(true);
});

test('without WebAssembly SIMD the page falls back to the reference and shows the reason', async ({
  playground,
  page,
}) => {
  await page.route('**/engine.worker-*.js', async (route) => {
    const response = await route.fetch();
    const body = `WebAssembly.compile = () => Promise.reject(new WebAssembly.CompileError('no SIMD'));\n`;
    await route.fulfill({ response, body: body + (await response.text()) });
  });
  await playground.open('', { length: 1 });
  await page.getByRole('button', { name: names.RUNS_ON_REFERENCE }).click();
  await expect(page.getByRole('dialog', { name: names.DEVICE })).toContainText('WebAssembly with SIMD');
  await page.keyboard.press('Escape');
  await playground.press(playground.oneToken);
  await expect(playground.text.locator('ins')).not.toHaveCount(0);
});
