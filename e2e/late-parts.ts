import type { Locator, Page } from '@playwright/test';
import type { Playground } from '../src/app/store/playground';
import * as names from './names';
import type { PlaygroundPage } from './playground';

interface LatePart {
  /** The start of its file name, in the source and in the build. */
  readonly file: string;
  readonly name: string;
  /** Its failure shows no message. */
  readonly isSilent?: boolean;
  open(page: Page, playground: PlaygroundPage): Promise<void>;
  /** An element that is visible once the part has loaded. */
  shown(page: Page): Locator;
}

const press = (name: string | RegExp) => (page: Page) =>
  page.getByRole('button', { name, exact: true }).click();

/** Every part of the page that loads late. */
export const PARTS: readonly LatePart[] = [
  {
    file: 'Editor',
    name: 'The editor',
    open: async () => {},
    shown: (page) => page.getByRole('textbox', { name: names.TEXT, exact: true }),
  },
  {
    file: 'Card',
    name: 'This card',
    open: press(names.NEW),
    shown: (page) => page.getByRole('button', { name: names.BLANK_PAGE }),
  },
  {
    file: 'Texts',
    name: 'The list of texts',
    open: press(names.TEXTS),
    shown: (page) => page.getByRole('heading', { name: 'Your texts' }),
  },
  {
    file: 'More',
    name: 'The menu',
    open: press(names.MORE),
    shown: (page) => page.getByRole('button', { name: names.HELP }),
  },
  {
    file: 'Help',
    name: 'The help',
    open: (page) => page.keyboard.press('Control+/'),
    shown: (page) => page.getByRole('heading', { name: 'How this works' }),
  },
  {
    file: 'Device',
    name: 'The description of the device',
    open: press(names.DEVICE),
    shown: (page) => page.getByRole('heading', { name: names.DEVICE }),
  },
  {
    file: 'Pages',
    name: 'The list of pages',
    open: press(names.PAGES),
    shown: (page) => page.getByRole('button', { name: /^Write/ }),
  },
  {
    file: 'FullPages',
    name: 'The page',
    open: async (page) => {
      await press(names.PAGES)(page);
      await page.getByRole('button', { name: /^Benchmark/ }).click();
    },
    shown: (page) => page.getByRole('dialog', { name: names.BENCHMARK }),
  },
  {
    file: 'TranslatePage',
    name: 'The page that translates',
    open: async (page) => {
      await press(names.PAGES)(page);
      await page.getByRole('button', { name: /^Translate/ }).click();
    },
    shown: (page) => page.getByRole('dialog', { name: names.TRANSLATE }),
  },
  {
    file: 'ScorePage',
    name: 'The page of scores',
    open: async (page) => {
      await press(names.PAGES)(page);
      await page.getByRole('button', { name: /^Score/ }).click();
    },
    shown: (page) => page.getByRole('dialog', { name: names.SCORE }),
  },
  {
    file: 'TeachPage',
    name: 'The page that teaches',
    open: async (page) => {
      await press(names.PAGES)(page);
      await page.getByRole('button', { name: /^Teach/ }).click();
    },
    shown: (page) => page.getByRole('dialog', { name: names.TEACH }),
  },
  {
    file: 'Demos',
    name: 'The list of demos',
    open: async (page, playground) => {
      await playground.openMore();
      await press(names.DEMOS)(page);
    },
    shown: (page) => page.getByRole('heading', { name: names.DEMOS }),
  },
  {
    file: 'Model',
    name: 'The description of the model',
    open: (page) => page.getByRole('button', { name: /^About the model/ }).click(),
    shown: (page) => page.getByText('Fingerprint (SHA-256)'),
  },
  {
    file: 'Storage',
    name: 'The list of what is kept',
    open: async (page) => {
      await page.getByRole('button', { name: names.MODEL }).click();
      await press(names.STORAGE)(page);
    },
    shown: (page) => page.getByText('The browser may delete it'),
  },
  {
    file: 'Memory',
    name: 'The description of the memory',
    open: press(names.MEMORY),
    shown: (page) => page.getByRole('heading', { name: names.MEMORY }),
  },
  {
    file: 'Sharing',
    name: 'Sharing',
    open: (page) => page.keyboard.press('Control+s'),
    shown: (page) => page.getByRole('heading', { name: 'Share this text' }),
  },
  {
    file: 'QrCode',
    name: 'The QR code',
    open: async (page, playground) => {
      await playground.startNew('Tidewater'); // a short text
      await press('Share')(page);
      await press('QR code')(page);
    },
    shown: (page) => page.getByRole('img', { name: names.QR_CODE_OF_LINK }),
  },
  {
    file: 'ShareImage',
    name: 'The image',
    open: async (page) => {
      await press('Share')(page);
      await press(names.IMAGE)(page);
    },
    shown: (page) => page.getByRole('img', { name: names.COLOURED_TEXT }),
  },
  {
    file: 'Rail',
    name: 'The panel',
    open: press('Settings'),
    shown: (page) => page.getByRole('tab', { name: names.BRANCHES }),
  },
  {
    file: 'LensPanel',
    name: 'The lens',
    open: press(names.OPEN_LENS),
    shown: (page) => page.getByRole('group', { name: 'View' }),
  },
  {
    file: 'CommandPalette',
    name: 'The list of commands',
    open: (page) => page.keyboard.press('Control+k'),
    shown: (page) => page.getByRole('combobox', { name: names.COMMAND_FIELD }),
  },
  {
    file: 'CompareSheet',
    name: 'The comparison',
    open: (page) => page.keyboard.press('Control+j'),
    shown: (page) => page.getByRole('button', { name: names.GENERATE_ALL }),
  },
  {
    file: 'BenchmarkPage',
    name: 'The benchmark',
    open: (page) =>
      page.evaluate(() => {
        history.pushState(null, '', '?benchmark');
        dispatchEvent(new PopStateEvent('popstate'));
      }),
    shown: (page) => page.getByRole('heading', { name: names.BENCHMARK }),
  },
  {
    file: 'Verification',
    name: 'The verification result',
    open: async (page, playground) => {
      await playground.press(playground.oneToken);
      await press('Share')(page);
      await press('Verify the text')(page);
    },
    shown: (page) => page.getByRole('complementary', { name: names.VERIFICATION }),
  },
  {
    file: 'AboutText',
    name: 'The line about this text',
    open: (page) =>
      page.evaluate(() => {
        const { playground } = globalThis as unknown as { playground: Playground };
        const model = { id: 'one', digest: 'd', name: 'One' };
        const start = { digest: 'd', name: 'a.state', model, length: 5, made: '2026-11-29', file: null };
        playground.restore({ ...playground.text, start });
      }),
    shown: (page) => page.getByText(/^Continues from a saved state/),
  },
  {
    file: 'Tooltips',
    name: 'Tooltips',
    isSilent: true,
    open: (page) => page.getByRole('button', { name: names.MORE, exact: true }).hover(),
    shown: (page) => page.locator('.tooltip'),
  },
];
