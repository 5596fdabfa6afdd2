import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import { build, createServer, type InlineConfig, preview } from 'vite';

/** A new folder with the tarball of `npm pack` installed, the example, and a model. */
let folder: string;
test.beforeAll(() => {
  execFileSync('npm', ['run', '--silent', 'build:package']);
  folder = mkdtempSync(join(tmpdir(), 'package-'));
  const tarball = execFileSync('npm', ['pack', '--silent', resolve('dist-lib')], { cwd: folder })
    .toString()
    .trim();
  const installed = join(folder, 'node_modules/leapformer');
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', join(folder, tarball), '--strip-components=1', '-C', installed]);
  cpSync('examples/generate.html', join(folder, 'index.html'));
  mkdirSync(join(folder, 'public/weights'), { recursive: true });
  const model = 'weights/wiki-10m-int4-v1';
  cpSync(`public/${model}`, join(folder, 'public', model), { recursive: true });
  symlinkSync('public/weights', join(folder, 'weights')); // for the server without a bundler
});
test.afterAll(() => rmSync(folder, { recursive: true }));

const config = (): InlineConfig => ({
  configFile: false,
  root: folder,
  logLevel: 'error',
  base: './',
  appType: 'mpa',
});

const SITES: Record<string, () => Promise<{ url: string; close(): Promise<void> }>> = {
  'without a bundler': async () => served(await preview({ ...config(), build: { outDir: '.' } })),
  'built by Vite': async () => {
    await build(config());
    return served(await preview(config()));
  },
  "on Vite's development server": async () => {
    const server = await createServer(config());
    return served(await server.listen());
  },
};

function served(server: {
  readonly resolvedUrls: { readonly local: readonly string[] } | null;
  close(): Promise<void>;
}) {
  return { url: server.resolvedUrls!.local[0], close: () => server.close() };
}

for (const [name, start] of Object.entries(SITES))
  test(`the example writes ${name}`, async ({ page }) => {
    const errors: Error[] = [];
    page.on('pageerror', (error) => errors.push(error));
    const site = await start();
    await page.goto(site.url);
    await expect(page.locator('#status')).toHaveText(/^Written by Wiki 10M, int4 on /, { timeout: 60_000 });
    expect((await page.locator('#text').textContent())!.length).toBeGreaterThan(200);
    if (name === 'without a bundler') await checkInterface(page);
    expect(errors).toEqual([]);
    await page.close();
    await site.close();
  });

/** Calls everything that the package exports. */
async function checkInterface(page: Page): Promise<void> {
  const result = await page.evaluate(async () => {
    const { load, EngineError } = (await import('leapformer' as string)) as typeof import('../src/package');
    const model = await load('weights/wiki-10m-int4-v1', { backend: 'cpu' });
    const settings = { seed: 7, atArticleEnd: 'continue' } as const;
    const write = async (prompt: Parameters<typeof model.generate>[0], maxTokens: number) => {
      let [text, ids] = ['', [] as number[]];
      const parts = model.generate(prompt, { ...settings, maxTokens });
      for (let next = await parts.next(); ; next = await parts.next()) {
        if (next.done) return { text, ids, reason: next.value };
        text += next.value.text;
        ids = [...ids, ...next.value.ids];
      }
    };
    const prompt = '= Wren =\n\nThe wren is';
    const whole = await write(prompt, 40);
    const first = whole.ids.slice(0, 15);
    const exact = await write([prompt, Uint32Array.from(first)], 25);
    const state = await model.snapshot([prompt, Uint32Array.from(first)]);
    const fromState = await write([state], 25);

    let parts = 0;
    for await (const _ of model.generate(prompt, { ...settings, maxTokens: 5000 })) if (++parts === 3) break;
    const again = await write(prompt, 40); // the engine is free again, at the same text

    const scores = await model.score([prompt, Uint32Array.from(whole.ids)]);
    const stopped = await model.score(prompt, { signal: AbortSignal.abort() }).catch((error) => error.code);
    const busy = model.generate(prompt, { maxTokens: 1000 });
    await busy.next();
    const refused = await model.score(prompt).catch((error) => [error instanceof EngineError, error.code]);
    await busy.return('stopped');
    const missing = await load('weights/nothing').catch((error) => error.code);
    const wrong = await write([3 as unknown as string], 1).catch((error) => error.code);
    model.dispose();
    return {
      whole,
      exact: [...first, ...exact.ids],
      fromState: [...first, ...fromState.ids],
      again: again.ids,
      stateBytes: state.length,
      scoredText: scores.map(({ text }) => text).join(''),
      lastIds: scores.slice(-40).map(({ id }) => id),
      isSane: scores.every(({ logProbability, rank }) => logProbability <= 0 && rank >= 1),
      errors: { stopped, refused, missing, wrong },
    };
  });
  const { whole } = result;
  expect(whole.ids.length).toBe(40);
  expect(whole.reason).toBe('length');
  for (const ids of [result.exact, result.fromState, result.again, result.lastIds])
    expect(ids).toEqual(whole.ids);
  expect(result.scoredText).toBe(`= Wren =\n\nThe wren is${whole.text}`);
  expect(result.isSane).toBe(true);
  expect(result.stateBytes).toBeLessThan(2 ** 21);
  expect(result.errors).toEqual({
    stopped: 'cancelled',
    refused: [true, 'input'],
    missing: 'network',
    wrong: 'input',
  });
}
