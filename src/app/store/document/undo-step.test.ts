import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ready, type setUp } from '../testing';
import { graphemes } from './graphemes';
import type { InputKind } from './undo-step';

/** A user at the keyboard, with a caret and a selection. */
class Person {
  readonly all: Awaited<ReturnType<typeof setUp>>;
  caret = 0;
  /** Start of the selection, which ends at the caret. */
  anchor = 0;

  constructor(all: Awaited<ReturnType<typeof setUp>>) {
    this.all = all;
  }

  get text() {
    return this.all.text();
  }

  select(from: number, to: number) {
    [this.anchor, this.caret] = [from, to];
  }

  put(kind: InputKind, insert: string) {
    const change = { from: this.anchor, to: this.caret, insert };
    this.all.playground.input(kind, [change]);
    this.caret = this.anchor + insert.length;
    this.anchor = this.caret;
  }

  type(words: string) {
    for (const one of graphemes(words)) this.put('key', one);
  }

  backspace(times = 1) {
    for (let n = 0; n < times; n++) {
      const last = graphemes(this.text.slice(0, this.caret)).at(-1) ?? '';
      this.select(this.caret - last.length, this.caret);
      this.put('key', '');
    }
  }

  /** An input method inserts the first stage, then replaces it with each later one. */
  compose(...stages: string[]) {
    for (const [n, stage] of stages.entries()) {
      this.put(n === 0 ? 'new composition' : 'composition', stage);
      this.anchor = this.caret - stage.length;
    }
    this.anchor = this.caret;
  }

  undo() {
    this.all.playground.undo();
    return this.text;
  }
}

const person = async (text = '') => new Person(await ready(text));

describe('an undo step', () => {
  it('is not joined by an edit that replaces the words just typed', async () => {
    const p = await person();
    p.type('A long sentence.');
    p.select(0, p.text.length);
    p.type('x');
    expect(p.undo()).toBe('A long sentence.');
    expect(p.undo()).toBe('');
  });

  it('contains a run of letters, or a run of deletions', async () => {
    const p = await person('Tea');
    p.select(3, 3);
    p.type('pot 😀');
    p.backspace(3);
    p.type('ted');
    expect(p.text).toBe('Teapoted');
    expect(p.undo()).toBe('Teapo');
    expect(p.undo()).toBe('Teapot 😀');
    expect(p.undo()).toBe('Tea');
  });

  it.each<[string, ((p: Person) => void)[], string]>([
    ['a paste', [(p) => p.put('other', ' pasted')], 'Tea pot'],
    ['typing after a paste', [(p) => p.put('other', ' pasted'), (p) => p.type('!')], 'Tea pot pasted'],
    ['a selection that is deleted', [(p) => p.select(0, 7), (p) => p.put('key', '')], 'Tea pot'],
    ['a word that is deleted', [(p) => p.select(4, 7), (p) => p.put('key', '')], 'Tea pot'],
    ['typing elsewhere', [(p) => p.select(0, 0), (p) => p.type('A')], 'Tea pot'],
    ['typing after a pause', [(p) => p.all.wait(5000), (p) => p.type('!')], 'Tea pot'],
    ['a new line', [(p) => p.put('key', '\n')], 'Tea pot'],
    [
      'a composition over another',
      [(p) => p.compose('か', '化'), (p) => p.select(7, 8), (p) => p.compose('き')],
      'Tea pot化',
    ],
  ])('does not also contain %s', async (_, acts, before) => {
    const p = await person('Tea');
    p.select(3, 3);
    p.type(' pot');
    for (const act of acts) act(p);
    expect(p.undo()).toBe(before);
  });

  it('contains a whole composition of an input method, of any duration', async () => {
    const p = await person('お');
    p.select(1, 1);
    p.compose('c', 'ch', 'ち');
    p.all.wait(9000);
    p.put('composition', 'ゃ');
    expect(p.undo()).toBe('お');
    p.all.playground.redo();
    expect(p.text).toBe('おちゃ');
  });

  it('is not joined by an edit after an undo or a generation', async () => {
    const { playground, engine, text } = await ready();
    playground.input('key', [{ from: 0, to: 0, insert: 'a' }]);
    playground.undo();
    playground.redo();
    playground.input('key', [{ from: 1, to: 1, insert: 'b' }]);
    playground.undo();
    expect(text()).toBe('a');
    playground.redo();
    void playground.generate();
    await new Promise((resolve) => setTimeout(resolve));
    await engine().writes(' model');
    engine().finishes();
    await new Promise((resolve) => setTimeout(resolve));
    playground.input('key', [{ from: 2, to: 2, insert: 'c' }]);
    playground.undo();
    expect(text()).toBe('ab model');
  });
});

/** The offset after the n-th grapheme, where an editor puts the caret. */
function borderAt(text: string, n: number): number {
  return graphemes(text).slice(0, n).join('').length;
}

const place = fc.nat(30);
const words = fc.string({
  unit: fc.constantFrom('a', ' ', 'é', '😀', 'e\u0301', '\n'),
  minLength: 1,
  maxLength: 6,
});
const action = fc.oneof(
  { weight: 6, arbitrary: fc.record({ does: fc.constant('type' as const), words }) },
  {
    weight: 3,
    arbitrary: fc.record({ does: fc.constant('backspace' as const), times: fc.integer({ min: 1, max: 4 }) }),
  },
  fc.record({ does: fc.constant('paste' as const), words }),
  fc.record({ does: fc.constant('select' as const), from: place, to: place }),
  fc.record({
    does: fc.constant('compose' as const),
    stages: fc.array(words, { minLength: 1, maxLength: 4 }),
  }),
  fc.record({ does: fc.constant('pause' as const) }),
);

it('undo restores every text before a replacement or a longer deletion, and redo restores the last text', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 25 }), async (actions) => {
      const p = await person('One.');
      /** Texts that undo must restore: before each replacement and each longer deletion, and around each paste. */
      const mustKeep = [p.text];
      let isDeleting = false;
      for (const one of actions) {
        const isSelected = p.anchor < p.caret;
        if (one.does === 'pause') p.all.wait(5000);
        if (one.does === 'select') {
          const [from, to] = [one.from, one.to].map((n) => borderAt(p.text, n)).sort((a, b) => a - b);
          p.select(from, to);
        }
        const before = p.text;
        if (one.does === 'type') p.type(one.words);
        if (one.does === 'paste') p.put('other', one.words);
        if (one.does === 'compose') p.compose(...one.stages);
        if (one.does === 'backspace' && isSelected) p.put('other', '');
        if (one.does === 'backspace' && !isSelected) p.backspace(one.times);
        const joins = one.does === 'type' || one.does === 'compose' || isDeleting;
        if (p.text !== before && (isSelected || !joins)) mustKeep.push(before);
        if (p.text !== before && one.does === 'paste') mustKeep.push(p.text);
        if (p.text !== before) isDeleting = one.does === 'backspace' && !isSelected;
      }
      const last = p.text;
      const back = [last];
      while (p.all.state().history!.past.length) back.push(p.undo());
      expect(back.at(-1)).toBe('One.');
      let at = back.length - 1;
      for (const text of mustKeep) {
        const found = back.lastIndexOf(text, at);
        expect(found, `${JSON.stringify(text)} in ${JSON.stringify(back)}`).toBeGreaterThanOrEqual(0);
        at = found;
      }
      for (const text of back.toReversed().slice(1)) {
        p.all.playground.redo();
        expect(p.text).toBe(text);
      }
    }),
    { numRuns: 300 },
  );
}, 60_000);
