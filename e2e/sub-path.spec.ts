import { openLens, sentence } from './lens';
import * as names from './names';
import { expect, test } from './playground';
import { staticHost } from './static-host';

const PATH = '/pages/playground/';

test('the build runs from a sub-path of a host that knows no types: write, lens, share, open the link', async ({
  playground,
  page,
}) => {
  const host = await staticHost(PATH);
  try {
    const answers: string[] = [];
    page.on('response', (response) => answers.push(`${response.status()} ${response.url()}`));
    await page.goto(`${host.address}?model=wiki-10m-int4-v1`);
    await playground.isReady();
    await playground.press(playground.oneToken);
    await expect(playground.undo).toBeEnabled();
    await openLens(playground, page);
    await expect(sentence(page)).toContainText(/head \d\.\d/);
    const words = await playground.words();
    await playground.openCard(names.SHARE);
    const link = await page.getByRole('textbox', { name: names.LINK }).inputValue();
    expect(link.startsWith(host.address)).toBe(true);

    await page.goto('about:blank');
    await page.goto(link);
    await expect.poll(() => playground.words()).toBe(words);
    await playground.isReady();
    expect(answers.filter((answer) => !answer.startsWith(`200 ${host.address}`))).toEqual([]);
  } finally {
    host.close();
  }
});
