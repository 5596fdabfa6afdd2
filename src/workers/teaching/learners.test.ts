import { expect, test } from 'vitest';
import { randomAdapter, textOf } from '../../../tests/learner-conformance';
import { randomModel } from '../../../tests/random-model';
import { ReferenceLearner } from '../../model/finetuning/reference-learner';
import type { BackendKind } from '../../model/runtime/backend';
import { EngineError } from '../../model/runtime/errors';
import { createLearner, SurvivingLearner } from './learners';

const model = randomModel();
const adapter = randomAdapter(model, 2);

/** Loses its device before it learns from a segment. */
class Losing extends ReferenceLearner {
  override async learn(): Promise<never> {
    throw new EngineError('device-lost', 'The GPU was lost.', 'It continues on the CPU.');
  }
}

const start = async (kind: BackendKind) => ({
  learner: kind === 'webgpu' ? new Losing(model, adapter) : new ReferenceLearner(model, adapter),
  info: { kind, device: kind, reason: null },
});

test('when the device is lost, the CPU continues with the same adapter after the same tokens', async () => {
  const text = textOf(60);
  const [surviving, expected] = [
    await SurvivingLearner.start(start, 'webgpu'),
    new ReferenceLearner(model, adapter),
  ];
  const results = [];
  for (const learner of [surviving, expected]) {
    learner.use({ ...adapter, scale: 0.3 });
    learner.restart();
    await learner.score(text.slice(0, 20), text.slice(1, 21));
    await learner.score(text.slice(20, 40), text.slice(21, 41));
    results.push(await learner.learn(text.slice(40, 59), text.slice(41)));
  }
  expect(results[0]).toEqual(results[1]);
  expect(surviving.info).toEqual({ kind: 'cpu', device: 'cpu', reason: 'The GPU was lost.' });
});

test('when a thread of the CPU dies, one thread continues; when that fails too, the error is passed on', async () => {
  const text = textOf(30);
  const started: (number | undefined)[] = [];
  const losing = (isSingleLost: boolean) => async (kind: BackendKind, threads?: number) => {
    started.push(threads);
    const isLost = threads !== 1 || isSingleLost;
    const learner = isLost ? new Losing(model, adapter) : new ReferenceLearner(model, adapter);
    return { learner, info: { kind, device: kind, reason: null } };
  };
  const expected = new ReferenceLearner(model, adapter);
  const surviving = await SurvivingLearner.start(losing(false), 'cpu');
  const results = [];
  for (const learner of [surviving, expected]) {
    learner.use(adapter);
    learner.restart();
    await learner.score(text.slice(0, 10), text.slice(1, 11));
    results.push(await learner.learn(text.slice(10, 29), text.slice(11)));
  }
  expect(results[0]).toEqual(results[1]);
  expect(started).toEqual([undefined, 1]);
  expect(surviving.info.reason).toBe('The GPU was lost.');

  const lost = await SurvivingLearner.start(losing(true), 'cpu');
  lost.use(adapter);
  lost.restart();
  await expect(lost.learn(text.slice(0, 9), text.slice(1, 10))).rejects.toThrow('The GPU was lost.');
  expect(started).toEqual([undefined, 1, undefined, 1]);
});

test('an invalid token does not replace the backend', async () => {
  const failing = async (kind: BackendKind) => ({
    ...(await start(kind)),
    learner: Object.assign(new ReferenceLearner(model, adapter), {
      score: () => Promise.reject(new EngineError('input', 'Token 0 has the id 99.', '')),
    }),
  });
  const learner = await SurvivingLearner.start(failing, 'webgpu');
  await expect(learner.score([99], [1])).rejects.toThrow('id 99');
  expect(learner.info.kind).toBe('webgpu');
});

test('without a GPU the CPU learns, and says why', async () => {
  const gpu = { requestAdapter: async () => null } as unknown as GPU;
  const automatic = await createLearner(model, 2, 'auto', gpu);
  expect(automatic.info).toMatchObject({ kind: 'cpu', reason: expect.stringContaining('no GPU') });
  const requested = await createLearner(model, 2, 'webgpu', gpu);
  expect(requested.info).toMatchObject({ kind: 'cpu', reason: expect.stringContaining('no WebGPU device') });
});
