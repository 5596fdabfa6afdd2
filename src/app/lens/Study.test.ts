import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { afterEach, expect, test, vi } from 'vitest';

afterEach(() => vi.unstubAllEnvs());

async function markup(repository: string): Promise<string> {
  vi.resetModules();
  vi.stubEnv('REPOSITORY_URL', repository);
  const { Study } = await import('./Study');
  return renderToStaticMarkup(createElement(Study));
}

test('links to the study if the address of the repository is known', async () => {
  expect(await markup('')).toBe('docs/study.md');
  expect(await markup('https://example.org/code/')).toContain(
    'href="https://example.org/code/blob/HEAD/docs/study.md"',
  );
});
