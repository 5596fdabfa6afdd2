import { createHash } from 'node:crypto';
import { build } from 'vite';
import { expect, test } from 'vitest';
import { contentSecurity } from './content-security';

async function built(html: string): Promise<string> {
  const page = {
    name: 'page',
    resolveId: (id: string) => (id.endsWith('index.html') ? id : null),
    load: (id: string) => (id.endsWith('index.html') ? html : null),
  };
  const result = await build({
    configFile: false,
    publicDir: false,
    logLevel: 'silent',
    plugins: [page, contentSecurity()],
    build: { write: false, rolldownOptions: { input: '/index.html' } },
  });
  const { output } = result as { output: { fileName: string; source?: unknown }[] };
  return String(output.find(({ fileName }) => fileName.endsWith('index.html'))!.source);
}

const CHARSET = '<meta charset="utf-8" />';

test('the policy precedes everything that it applies to, and allows the inline script by its hash', async () => {
  const code = 'document.title = "a"';
  const html = await built(`<!doctype html><html><head>${CHARSET}<script>${code}</script></head></html>`);
  const [, policy] = /<meta http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(html)!;
  expect(html.indexOf('http-equiv')).toBeLessThan(html.indexOf('<script'));
  expect(policy).toContain(`'sha256-${createHash('sha256').update(code).digest('base64')}'`);
  expect(policy).not.toContain('unsafe-inline');
  expect(policy).not.toContain("'unsafe-eval'");
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("connect-src 'self';");
});

test('a page without the place for the policy does not build', async () => {
  await expect(built('<!doctype html><html><head></head></html>')).rejects.toThrow(/lacks/);
});
