import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { PrivateFiles } from '../../../tests/private-files';
import { randomModel } from '../../../tests/random-model';
import { newAdapter } from '../../model/finetuning/adapter';
import { newMoments } from '../../model/finetuning/optimizer';
import type { Manifest } from '../../model/runtime/folder';
import { findLesson, forgetLesson, keepLesson, type OpenedLesson, openLesson } from './lesson-files';
import type { Progress, TaughtModel } from './messages';
import { keepChange, keepTaught, listTaught } from './taught-models';

let disk: PrivateFiles;
beforeEach(() => {
  disk = new PrivateFiles();
});
afterEach(() => vi.unstubAllGlobals());

const model = { digest: 'a', name: 'Wren' } as Manifest;

function lessonAt(step: number, id = 'one'): OpenedLesson {
  const adapter = newAdapter(randomModel().config, 2, step);
  const moments = { ...newMoments(adapter.values.length), step };
  moments.first.fill(step);
  const best = { values: adapter.values.slice(), deciding: 3 };
  return {
    id,
    name: 'tea.txt',
    model,
    settings: { rank: 2, rate: 0.01, rounds: 2, seed: 0 },
    progress: { step, steps: 9 } as Progress,
    texts: [{ name: 'tea.txt', file: new Blob(['Tea, später.']) }],
    checkpoint: { base: { deciding: 4, unseen: 5 }, adapter, moments, decided: 0, best },
  };
}

test('the newest checkpoint opens with its texts and all numbers', async () => {
  expect(await openLesson('one')).toBeNull();
  await keepLesson(lessonAt(1));
  expect(await keepLesson(lessonAt(2))).toBe(true);
  const opened = (await openLesson('one'))!;
  expect(opened.checkpoint).toEqual(lessonAt(2).checkpoint);
  expect(await opened.texts[0].file.text()).toBe('Tea, später.');
  expect(await findLesson()).toMatchObject({ name: 'tea.txt', model, progress: { step: 2 } });
  await forgetLesson('one');
  expect([await findLesson(), disk.stored.size]).toEqual([null, 0]);
});

test('lessons of two tabs keep their checkpoints apart', async () => {
  await keepLesson(lessonAt(1, 'one'));
  await keepLesson(lessonAt(2, 'two'));
  await keepLesson(lessonAt(3, 'one'));
  expect((await findLesson())!.id).toBe('one');
  expect((await openLesson('two'))!.checkpoint.moments.step).toBe(2);
  await forgetLesson('one');
  expect((await findLesson())!.id).toBe('two');
});

test('a lesson that another tab has open is shown as such, after an interrupted one', async () => {
  await keepLesson(lessonAt(1, 'one'));
  await keepLesson(lessonAt(2, 'two'));
  const locks = { query: async () => ({ held: [{ name: 'leapformer-lesson:two' }] }) };
  Object.assign(navigator, { locks });
  expect(await findLesson()).toMatchObject({ id: 'one', isElsewhere: false });
  await forgetLesson('one');
  expect(await findLesson()).toMatchObject({ id: 'two', isElsewhere: true });
});

test('a checkpoint that storage cuts off anywhere leaves the one before', async () => {
  for (let room = 0; room < 4000; room += 37) {
    disk.room = 1e9;
    await forgetLesson('one');
    await keepLesson(lessonAt(1));
    disk.room = room;
    const isKept = await keepLesson(lessonAt(2));
    expect((await openLesson('one'))!.checkpoint.moments.step).toBe(isKept ? 2 : 1);
  }
});

test('a worker that dies while it writes a checkpoint leaves the one before', async () => {
  await keepLesson(lessonAt(1));
  disk.stored.set('lesson/2-one/adapter', new Uint8Array(8));
  expect((await openLesson('one'))!.checkpoint.moments.step).toBe(1);
});

test('another name and strength never cost the adapter', async () => {
  const adapter = { digest: 'b', rank: 2, scale: 1 };
  const taught: TaughtModel = { name: 'Tea', strength: 1, adapter, base: model, lesson: null };
  await keepTaught(taught, { 'adapter_model.safetensors': new Blob(['weights']) });
  await keepChange({ ...taught, name: 'Green tea', strength: 0.5 });
  expect((await listTaught()).map(({ manifest }) => manifest)).toEqual([
    { ...taught, name: 'Green tea', strength: 0.5 },
  ]);
  disk.stored.set('taught-models/b/changes.json', new TextEncoder().encode('{"na'));
  expect((await listTaught()).map(({ manifest }) => manifest)).toEqual([taught]);
});
