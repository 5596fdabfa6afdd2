import { existsSync } from 'node:fs';
import { chooseVulkanDriver } from '../scripts/node';
import { chromium } from './journey/chromium';
import type { Browser } from './journey/driver';
import { firefox, PRIVATE } from './journey/firefox';
import { privateInShort, teachInShort, webgpuInShort } from './journey/in-short';
import { journey } from './journey/journey';
import { webkit } from './journey/webkit';
import { test } from './playground';

// The paths that scripts/browsers.sh found, or Debian's paths.
const FIREFOX = process.env.FIREFOX ?? '/usr/bin/firefox-esr';
const WEBKIT_DRIVER = process.env.WEBKIT_DRIVER ?? '/usr/bin/WebKitWebDriver';

/** Skips the test if a browser is missing, unless REQUIRE_BROWSERS is set. */
function needs(...files: string[]): void {
  const missing = files.filter((file) => !existsSync(file));
  test.skip(missing.length > 0 && !process.env.REQUIRE_BROWSERS, `${missing} is not installed`);
}

let browser: Browser | undefined;
test.afterEach(() => browser?.close());

test('Chromium', async ({ browser: ours }) => {
  browser = chromium(ours);
  await journey(browser);
});

test('Firefox', async () => {
  needs(FIREFOX);
  browser = await firefox(FIREFOX);
  await journey(browser);
});

test('WebKit', async () => {
  needs(WEBKIT_DRIVER, '/usr/bin/Xvfb');
  browser = await webkit(WEBKIT_DRIVER);
  await journey(browser);
});

test('Chromium teaches, in short', async ({ browser: ours }) => {
  browser = chromium(ours);
  await teachInShort(browser);
});

test('Firefox teaches, in short', async () => {
  needs(FIREFOX);
  browser = await firefox(FIREFOX);
  await teachInShort(browser);
});

test('WebKit teaches, in short', async () => {
  needs(WEBKIT_DRIVER, '/usr/bin/Xvfb');
  browser = await webkit(WEBKIT_DRIVER);
  await teachInShort(browser);
});

test('Firefox in a private window, in short', async () => {
  needs(FIREFOX);
  browser = await firefox(FIREFOX, { [PRIVATE]: true });
  await privateInShort(browser);
});

test('Firefox with WebGPU, in short', async () => {
  needs(FIREFOX);
  chooseVulkanDriver();
  browser = await firefox(FIREFOX, { 'dom.webgpu.enabled': true, 'gfx.webgpu.ignore-blocklist': true });
  await webgpuInShort(browser);
});
