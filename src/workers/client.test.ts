import { expect, test } from 'vitest';
import { shippedFolder } from '../../tests/files';
import { GREEDY } from '../model/sampling/sampling';
import { createBackend } from './backends';
import { createEngine } from './client';
import { Engine } from './engine';
import { type Link, WorkerDeath } from './link';
import type { BackendChoice, GenerateEvent } from './messages';
import type { RequestRun } from './request-run';
import { serve } from './service';

const PROMPT = '= Kestrel =\n\nThe kestrel is';

/** Workers in this process. A test can kill the current one. */
function workers() {
  const asked: BackendChoice[] = [];
  let kill = () => {};
  const start = (): Link => {
    const engine = new Engine({
      readFile: () => shippedFolder(),
      createBackend: (model, choice) => {
        asked.push(choice);
        return createBackend(model, choice, undefined);
      },
    });
    let reject: (death: WorkerDeath) => void;
    const died = new Promise<never>((_, r) => {
      reject = r;
    });
    died.catch(() => {});
    kill = () => {
      engine.stop(); // events that it still sends are ignored
      reject(new WorkerDeath('out of memory'));
    };
    return { service: serve(engine) as unknown as Link['service'], died, end: () => engine.unload() };
  };
  return { start, asked, kill: () => kill() };
}

/** Writes as the page does: each request names the whole text so far. */
async function write(
  client: ReturnType<typeof createEngine>,
  onTokens: () => unknown = () => {},
  maxTokens = 60,
) {
  const events: GenerateEvent[] = [];
  const ids: number[] = [];
  let typed: RequestRun = { text: PROMPT };
  const request = () => ({
    sampling: { ...GREEDY, temperature: 0.9, seed: 3 },
    atArticleEnd: 'continue' as const,
    runs: [typed, { ids: Uint32Array.from(ids) }],
    maxTokens: maxTokens - ids.length,
  });
  const result = await client.generate(request, (event) => {
    events.push(event);
    if (event.type === 'encoded') typed = { ids: event.tokens.ids };
    if (event.type !== 'tokens') return;
    ids.push(...event.tokens.ids);
    onTokens();
  });
  return { ids, result, events, notices: events.filter((event) => event.type === 'notice') };
}

test('when the worker dies, another worker resumes with the same output', async () => {
  const { start, kill } = workers();
  const client = createEngine(start);
  await client.load({ model: { url: 'x/' }, backend: 'auto' }, () => {});
  const whole = await write(client, () => {}, 400); // more than two batches on any machine
  expect(whole.ids).toHaveLength(400);
  let batches = 0;
  const broken = await write(client, () => ++batches === 2 && kill(), 400);
  expect(broken.ids).toEqual(whole.ids);
  expect(broken.result.reason).toBe('length');
  expect(broken.notices).toMatchObject([{ message: expect.stringMatching(/out of memory.*resumes/) }]);
  expect(broken.events.filter((event) => event.type === 'encoded')).toHaveLength(1);
});

test('a worker that died while idle is replaced at the next call', async () => {
  const { start, kill } = workers();
  const client = createEngine(start);
  await client.load({ model: { url: 'x/' }, backend: 'auto' }, () => {});
  kill();
  expect((await write(client)).ids).toHaveLength(60);
});

test('repeated deaths fall back to the next best backend, and finally reject', async () => {
  const { start, asked, kill } = workers();
  const client = createEngine(start);
  await client.load({ model: { url: 'x/' }, backend: 'auto' }, () => {});
  let deaths = 0;
  const killTwice = () => {
    if (deaths++ < 2) kill();
  };
  await write(client, killTwice, 120);
  expect(asked).toEqual(['auto', 'auto', 'reference']);
  await expect(write(client, kill, 40)).rejects.toMatchObject({
    code: 'internal',
    remedy: expect.any(String),
  });
});

test('events that arrive after the result are ignored', async () => {
  const late: ((value: never) => void)[] = [];
  const result = new Proxy(
    {},
    {
      get:
        () =>
        async (...args: unknown[]) => {
          late.push(args.at(-1) as (value: never) => void);
          return { value: { backend: { kind: 'cpu' } } };
        },
    },
  );
  const service = result as Link['service'];
  const client = createEngine(() => ({ service, died: new Promise(() => {}), end: () => {} }));
  const events: unknown[] = [];
  const onEvent = (event: unknown) => void events.push(event);
  await client.load({ model: { url: 'x/' }, backend: 'auto' }, onEvent);
  await client.generate(() => ({}) as never, onEvent);
  for (const call of ['verify', 'score', 'scoreText', 'compare', 'translate', 'snapshot'] as const)
    await client[call]({} as never, onEvent);
  expect(late).toHaveLength(8);
  for (const listener of late) listener({ type: 'verifying', checked: 1, total: 2 } as never);
  expect(events).toEqual([]);
});
