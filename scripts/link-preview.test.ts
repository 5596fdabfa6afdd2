import { readFileSync } from 'node:fs';
import { build } from 'vite';
import { expect, test } from 'vitest';
import { linkPreview } from './link-preview';

const PAGE = '<!doctype html><html><head></head><body></body></html>';

/** Builds a page without scripts: its HTML, and the names of the other files. */
async function built(siteUrl: string | undefined) {
  const page = {
    name: 'page',
    resolveId: (id: string) => (id.endsWith('index.html') ? id : null),
    load: (id: string) => (id.endsWith('index.html') ? PAGE : null),
  };
  const result = await build({
    configFile: false,
    publicDir: false,
    logLevel: 'error',
    plugins: [page, linkPreview(siteUrl)],
    build: { write: false, rolldownOptions: { input: '/index.html' } },
  });
  const { output } = result as { output: { fileName: string; source?: unknown }[] };
  const html = output.find(({ fileName }) => fileName.endsWith('index.html'))?.source;
  return { html: String(html), files: output.map(({ fileName }) => fileName) };
}

test.each(['https://example.org/play', 'https://example.org/play/'])(
  'a build for %s has the absolute address of a picture, and the picture',
  async (site) => {
    const { html, files } = await built(site);
    expect(html).toContain('<meta property="og:image" content="https://example.org/play/preview.png">');
    expect(html).toContain('<meta property="og:url" content="https://example.org/play/">');
    expect(files).toContain('preview.png');
  },
);

test('a build without an address has neither', async () => {
  const { html, files } = await built(undefined);
  expect(html).not.toContain('og:image');
  expect(files).not.toContain('preview.png');
});

test('the page has a title and a description for previews, and a line for browsers without JavaScript', () => {
  const html = readFileSync(new URL('../index.html', import.meta.url), 'utf8');
  const description = /<meta name="description" content="([^"]+)"/.exec(html)![1];
  expect(html).toContain(`<meta property="og:description" content="${description}"`);
  expect(html).toContain('<meta property="og:title" content="LeaPformer Playground"');
  expect(html).toMatch(/<noscript>.*JavaScript.*<\/noscript>/s);
});
