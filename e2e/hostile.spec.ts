import { readdirSync, readFileSync } from 'node:fs';
import { hash } from '../src/model/sampling/random';
import { GREEDY } from '../src/model/sampling/sampling';
import { inflateBody, open, seal } from '../src/share/container';
import { encodeLink } from '../src/share/link';
import { expect, model, test } from './playground';

const FIXTURES = new URL('../tests/links/', import.meta.url);
const links = readdirSync(FIXTURES).map(
  (name) => JSON.parse(readFileSync(new URL(name, FIXTURES), 'utf8')).fragment as string,
);
const MARKUP = '<img src=//evil.test/x onerror=alert(1)><script>alert(2)</script>"><svg onload=alert(3)>';

/** Links with random changes and a valid checksum: some open, most are rejected. */
async function mutants(count: number): Promise<string[]> {
  let drawn = 0;
  const random = (n: number) => hash(11, drawn++, 0) % n;
  const made: string[] = [];
  while (made.length < count) {
    const { version, text, body } = await open(links[random(links.length)]);
    const bytes = [...(await inflateBody(body))];
    const words = [...text];
    for (let times = 1 + random(3); times > 0; times--)
      if (random(2)) bytes.splice(random(bytes.length), random(3), random(256));
      else words.splice(random(words.length + 1), random(9), MARKUP.slice(random(40)));
    const newer = random(5) === 0 ? version + 1 + random(9) : version;
    made.push(await seal({ version: newer, text: words.join(''), body: Uint8Array.from(bytes) }));
  }
  return made;
}

test('a hostile link runs no code and sends no requests', async ({ playground, page }) => {
  await playground.open();
  await playground.isReady();
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  page.on('dialog', () => asked.push('a dialog'));
  const ours = await encodeLink({
    model: { id: model.manifest.id, digest: model.manifest.digest },
    runs: [{ source: 'typed', text: MARKUP }],
    sampling: GREEDY,
    view: { panel: MARKUP, lens: 'javascript:alert(4)', x: -1e300 },
  });
  const longest = await page.evaluate(
    async (fragments) => {
      const open = async (fragment: string) => {
        const began = performance.now();
        location.hash = fragment;
        await new Promise((resolve) => setTimeout(resolve, 5));
        return performance.now() - began;
      };
      let longest = 0;
      for (const fragment of fragments) {
        let ms = await open(fragment);
        for (let times = 0; ms > 500 && times < 5; times++) ms = await open(fragment); // a link that hangs the page does so again
        longest = Math.max(longest, ms);
      }
      return longest;
    },
    [...(await mutants(120)), ours],
  );
  expect(longest).toBeLessThan(500);
  await expect(playground.text).toHaveText(MARKUP); // earlier links contain parts of it
  const injected = page.locator('img:not(.cm-widgetBuffer), script[src*=evil], [onerror], [onload]');
  await expect(injected).toHaveCount(0);
  // The page may load the list of models, and fonts for other scripts.
  const known = [new URL('weights/', page.url()).href, new URL('assets/', page.url()).href];
  expect(asked.filter((url) => !known.some((start) => url.startsWith(start)))).toEqual([]);
});

test('the policy of the page blocks markup, code as text, and scripts of other sites', async ({
  playground,
  page,
  failures,
}) => {
  await playground.open();
  await playground.isReady();
  playground.expectedErrors.push(/Content Security Policy|requires 'Trusted/i);
  const ran = await page.evaluate(async () => {
    const attempts: Record<string, () => unknown> = {
      'markup as text': () => Object.assign(document.createElement('p'), { innerHTML: '<b>x</b>' }),
      'code as text': () => new Function('return 1')(),
      'a script of another site': () =>
        Object.assign(document.createElement('script'), { src: 'https://evil.test/x.js' }),
      'a worker of another site': () => new Worker('https://evil.test/x.js'),
      'a second policy': () =>
        (
          globalThis as unknown as { trustedTypes: { createPolicy(name: string, rules: object): void } }
        ).trustedTypes.createPolicy('second', {}),
    };
    await new Promise((resolve) => setTimeout(resolve)); // Chromium lets the code of evaluate itself use new Function
    return Object.entries(attempts).flatMap(([name, attempt]) => {
      try {
        attempt();
        return [name];
      } catch {
        return [];
      }
    });
  });
  expect(ran).toEqual([]);
  await expect.poll(() => failures.length).toBe(5);
  for (const failure of failures.splice(0)) expect(failure).toMatch(/script-src|trusted-types/);
});
