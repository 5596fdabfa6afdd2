import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { zipSync } from 'fflate';
import { smallModel } from '../tests/small-model';
import * as names from './names';
import { disk, drop, folder, loaded } from './own-models';
import { expect, PlaygroundPage, test } from './playground';

const tea = folder('Tea party', smallModel(1));
const other = folder('Other', smallModel(2));
const mixed = folder('Mixed', {
  ...smallModel(1),
  'config.json': Buffer.from(
    Buffer.from(smallModel(1)['config.json'])
      .toString()
      .replace('"num_attention_heads":2', '"num_attention_heads":4'),
  ),
});
const zip = join(disk, 'Tea party.zip');
writeFileSync(zip, zipSync(smallModel(1)));

const card = (page: Page) => page.getByRole('dialog', { name: names.MODEL });

test('a dropped folder opens, writes, stays after a reload, and can be deleted', async ({
  playground,
  page,
}) => {
  await page.goto('./');
  await playground.isReady();
  await drop(page, mixed);
  await expect(page.getByText('The loaded model and your text are unchanged.')).toContainText(
    'model.safetensors layers.0.attention.query_proportion.hidden.weight has the shape [2,8]; config.json requires [2,4]',
  );
  await drop(page, tea);
  await expect(page.getByText('Tea party passed the check.')).toContainText('This browser keeps it');
  await loaded(page, tea);
  await playground.startNew('The tea');
  await playground.press(playground.oneToken);

  await page.reload();
  await loaded(page, tea);
  await playground.press(playground.oneToken);
  await page.getByRole('button', { name: names.MODEL }).click();
  await expect(card(page)).toContainText('the sampler starts with defaults: temperature 0.8');
  await card(page)
    .getByRole('button', { name: /^Wiki 10M, int4 / })
    .click();
  await expect(page.getByRole('button', { name: names.MODEL })).toHaveAccessibleName(
    'About the model: Wiki 10M, int4',
  );
  await card(page)
    .getByRole('button', { name: /^Tea party / })
    .click();
  await loaded(page, tea);

  await card(page).getByRole('button', { name: names.STORAGE, exact: true }).click();
  await page.getByRole('button', { name: 'Delete Tea party (your own)' }).click();
  await expect(page.getByText('This browser does not keep Tea party')).toContainText('drop it again');
  await page.reload();
  await expect(page.getByRole('button', { name: names.MODEL })).not.toHaveAccessibleName(/Tea party/);
  await expect(playground.text).toContainText('The tea');
});

test('a link names a model that is not published, which a drop of the right one continues, also without storage', async ({
  playground,
  page,
  browser,
}) => {
  await page.goto('./');
  await playground.isReady();
  const choosing = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: names.MODEL }).click();
  await page.getByRole('button', { name: names.OPEN_OWN_FOLDER }).click();
  await (await choosing).setFiles(tea);
  await loaded(page, tea);
  await playground.startNew('The tea');
  await playground.press(playground.oneToken);
  await page.getByRole('button', { name: names.SHARE, exact: true }).click();
  const link = await page.getByRole('textbox', { name: names.LINK }).inputValue();
  await expect(page.getByText('the receiver also needs the folder of the model')).toContainText(
    /: Tea-party \(SHA-256 [0-9a-f]{16}\)\.$/,
  );
  const words = await playground.words();

  const theirs = await browser.newPage();
  const friend = new PlaygroundPage(theirs);
  const session = await theirs.context().newCDPSession(theirs);
  const { origin } = new URL(page.url());
  await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1000 });
  await theirs.goto(link);
  const about = theirs.getByRole('complementary', { name: names.ABOUT_TEXT });
  await expect(about).toContainText(
    /Tea-party \(SHA-256 [0-9a-f]{64}\), which is not published here\. Drop its folder/,
  );
  expect(await friend.words()).toBe(words);
  await drop(theirs, other);
  await expect(theirs.getByText('Other passed the check.')).toContainText(
    /It did not write this text: that was Tea-party/,
  );
  await drop(theirs, zip);
  await expect(theirs.getByText('Tea party passed the check.')).toContainText('does not keep it');
  await expect(about).toContainText('Tea party, which is loaded: you can check it.');
  await theirs.getByRole('button', { name: names.VERIFY }).click();
  await expect(theirs.getByRole('complementary', { name: names.VERIFICATION })).toContainText(
    'Verified: the one generated token.',
  );
  await theirs.close();
});
