import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { expectError } from '../../../tests/files';
import { PrivateFiles } from '../../../tests/private-files';
import { smallModel } from '../../../tests/small-model';
import { newAdapter } from '../../model/finetuning/adapter';
import { ReferenceLearner } from '../../model/finetuning/reference-learner';
import { checkFiles } from '../../model/runtime/check-files';
import type { Model } from '../../model/runtime/folder';
import { LAST } from '../kept-folders';
import { loadSource } from '../load-source';
import type { ModelSource } from '../model-source';
import { importAdapter } from './import-adapter';
import { type OpenedLesson, readLesson, writeLesson } from './lesson-files';
import type { Progress, Taught } from './messages';
import { digestOf, keepChange, sourceOfTaught, strengthOf } from './taught-models';
import { Teacher } from './teacher';
import { wordsOf } from './try-out';

beforeEach(() => void new PrivateFiles());
afterEach(() => vi.unstubAllGlobals());

const SETTINGS = { rank: 2, rate: 0.03, rounds: 2, seed: 0 };
const LINE = 'The tea in the tin and the hen in the inn. ';
const text = (length: number) => ({ name: 'tea.txt', file: new Blob([LINE.repeat(50).slice(0, length)]) });
const noFolder = () => {
  throw new Error('no folder');
};

async function small(seed?: number): Promise<ModelSource & { digest: string }> {
  const entries = Object.entries(smallModel(seed)).map(([name, bytes]) => [name, new Blob([bytes.slice()])]);
  const { manifest, files } = await checkFiles(Object.fromEntries(entries), 'Small');
  return { digest: manifest.digest, files };
}

/** A teacher that keeps lessons in memory. */
class TestTeacher extends Teacher {
  kept: OpenedLesson | null = null;

  constructor(
    createLearner = async (model: Model, rank: number) =>
      new ReferenceLearner(model, newAdapter(model.config, rank, 0)),
  ) {
    super({
      readFile: noFolder,
      createLearner,
      claimLesson: async () => {},
      readProse: async () => 'The hen.\fThe inn is in the tin.',
      keepLesson: async (lesson) => {
        this.kept = await readLesson(writeLesson(lesson));
        return true;
      },
      forgetLesson: async (id) => {
        if (this.kept?.id === id) this.kept = null;
      },
    });
  }
}

/** Stops after `stopAfter` segments. */
async function teach(teacher: Teacher, stopAfter = Number.POSITIVE_INFINITY) {
  const seen: Progress[] = [];
  const taught = await teacher.teach(SETTINGS, (progress) => {
    seen.push(progress);
    if (progress.learned.length >= stopAfter) teacher.stop();
  });
  return { taught, last: seen.at(-1)! };
}

test('a lesson lowers the loss, shows it beside that of the base, and its model opens like any other', async () => {
  const base = await small();
  const teacher = new TestTeacher();
  const prepared = await teacher.open({ model: base, texts: [text(1300)] });
  expect(prepared.tokens).toBeGreaterThan(750);
  const { taught, last } = await teach(teacher);
  const { lesson } = taught!.model;
  expect(last.base).toHaveLength(last.steps / SETTINGS.rounds);
  expect(last.learned).toHaveLength(last.steps);
  expect(last.decided).toHaveLength(1 + SETTINGS.rounds);
  expect(last.learned.at(-1)).toBeLessThan(last.base.at(-1)!);
  expect(lesson!.taught.deciding).toBeLessThan(lesson!.base.deciding);
  expect(lesson!.taught.unseen).toBeLessThan(lesson!.base.unseen);
  expect(lesson!.isMeasured).toBe(false);
  expect(lesson!.words.map((word) => word.text).join('')).toContain('hen');
  const gain = lesson!.words.reduce((sum, word) => sum + word.gain, 0);
  expect(gain).toBeGreaterThan(0);
  expect(lesson!.forgetting!.taught).not.toBe(lesson!.forgetting!.base);
  expect(teacher.kept).toBeNull();

  const source = await sourceOfTaught(taught!.model, 0.5, base, taught!.files);
  const model = await loadSource(source, noFolder);
  expect(model.manifest).toMatchObject({ digest: source.digest, name: taught!.model.name });
  expect(await strengthOf(taught!.model, source.digest)).toBe(0.5);
  expect(await digestOf(taught!.model, 1)).not.toBe(source.digest);
});

test('a lesson that was stopped continues from its checkpoint to nearly the same result', async () => {
  const base = await small();
  const whole = new TestTeacher();
  await whole.open({ model: base, texts: [text(1300)] });
  const { taught: expected } = await teach(whole);

  const first = new TestTeacher();
  await first.open({ model: base, texts: [text(1300)] });
  const { taught: none, last } = await teach(first, 3);
  expect(none).toBeNull();
  expect(last.learned).toHaveLength(3);
  const second = new TestTeacher();
  await second.resume(base, first.kept!);
  const { taught, last: end } = await teach(second);
  const lossOf = (one: Taught | null) => one!.model.lesson!.taught.deciding;
  expect(lossOf(taught) / lossOf(expected)).toBeCloseTo(1, 2); // the stream begins again before the segment
  expect(end.learned).toHaveLength(end.steps);
});

test('a lesson that was stopped in its first round can end with what it has learned', async () => {
  const teacher = new TestTeacher();
  await teacher.open({ model: await small(), texts: [text(1300)] });
  await teach(teacher, 1);
  const taught = (await teacher.conclude(() => {}))!;
  expect(taught.model.lesson!.taught.deciding).toBeLessThanOrEqual(taught.model.lesson!.base.deciding);
});

test('a taught model learns more, which makes another one; where it gets no better, it stays as it is', async () => {
  const base = await small();
  const teacher = new TestTeacher();
  await teacher.open({ model: base, texts: [text(300)] });
  const { taught: first } = await teach(teacher);
  await teacher.open({ model: base, texts: [text(300)], from: first! });
  const { taught: second, last } = await teach(teacher);
  const [before, after] = [first!, second!].map(({ model }) => model.lesson!);
  expect(second!.model.name).toBe('tea.txt and tea.txt (Small)');
  expect(last.learned[0]).toBeLessThan(last.base[0]);
  expect(after.base).toEqual(before.base);
  expect(after.taught.deciding).toBeLessThan(before.taught.deciding);

  await keepChange({ ...first!.model, name: 'Tea' });
  await teacher.open({ model: base, texts: [text(300)], from: first! });
  const useless = await teacher.teach({ ...SETTINGS, rounds: 1, rate: 1e-20, rank: 5 }, () => {});
  expect(useless!.model).toEqual({ ...first!.model, name: 'Tea' });
});

test('an error keeps the lesson', async () => {
  let left = 3;
  class Failing extends ReferenceLearner {
    override async learn(...segment: Parameters<ReferenceLearner['learn']>) {
      if (left-- === 0) throw new Error('out of luck');
      return super.learn(...segment);
    }
  }
  const teacher = new TestTeacher(
    async (model, rank) => new Failing(model, newAdapter(model.config, rank, 0)),
  );
  await teacher.open({ model: await small(), texts: [text(1300)] });
  await expect(teach(teacher)).rejects.toThrow('out of luck');
  expect(teacher.kept!.checkpoint.moments.step).toBe(1);
  expect(await teacher.kept!.texts[0].file.text()).toBe(await text(1300).file.text());
});

test('refuses bytes that are not text, and a text that is too short, by name', async () => {
  const teacher = new TestTeacher();
  const picture = { name: 'a.png', file: new Blob([Uint8Array.of(0x89, 0xff)]) };
  await expectError(async () => teacher.open({ model: await small(), texts: [picture] }), 'input', /^a.png/);
  await teacher.open({ model: await small(), texts: [text(3)] });
  await expectError(() => teacher.teach(SETTINGS, () => {}), 'input', /tokens/);
});

test('an adapter opens again from its files, and only with its base', async () => {
  const base = await small();
  const teacher = new TestTeacher();
  await teacher.open({ model: base, texts: [text(400)] });
  const { taught } = await teach(teacher);
  const { [LAST]: _, ...files } = taught!.files;
  new PrivateFiles(); // another browser
  const imported: Taught = await importAdapter(files, base, 'Tea', noFolder);
  expect(imported.model).toMatchObject({ name: 'Tea', adapter: taught!.model.adapter, lesson: null });
  await expectError(
    async () => importAdapter(files, await small(2), 'Tea', noFolder),
    'input',
    /belongs to the model/,
  );
});

test('white space belongs to the word after it, and the gains of a word add up', () => {
  expect(wordsOf(['', 'A', ' he', 'n', '\n', '\nin'], [0, 1, 2, 3, 4, 5])).toEqual([
    { text: 'A', gain: 1 },
    { text: ' hen', gain: 5 },
    { text: '\n\nin', gain: 9 },
  ]);
});
