import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DEFAULTS, parseSettings, type Settings } from './settings';
import { withChange } from './settings-storage';

type Change = Partial<Settings>;
const apply = (stored: object, from: Settings, change: Change) =>
  withChange({ ...stored }, { ...from }, { ...from, ...change });
const preset = (name: string, length = 1) => ({ name, settings: { length } });

it('two tabs that change different settings keep all changes', () => {
  let stored = apply({}, DEFAULTS, { sampler: { temperature: 1.5 } });
  stored = apply(stored, DEFAULTS, { sampler: { topK: 7 } });
  stored = apply(stored, DEFAULTS, { presets: [preset('A')] });
  stored = apply(stored, DEFAULTS, { presets: [preset('B')], length: 9 });
  expect(parseSettings(stored)).toMatchObject({ sampler: { temperature: 1.5, topK: 7 }, length: 9 });
  expect(parseSettings(stored).presets.map(({ name }) => name)).toEqual(['A', 'B']);
});

it('a preset that one tab deletes and a setting that it resets stay so', () => {
  const first = { ...DEFAULTS, sampler: { temperature: 1.5 }, presets: [preset('A'), preset('B')] };
  let stored = apply({}, DEFAULTS, first);
  stored = apply(stored, first, { sampler: {}, presets: [preset('B', 2)] });
  stored = apply(stored, first, { length: 9 });
  expect(stored).toEqual({ sampler: {}, presets: [preset('B', 2)], length: 9 });
});

it('consecutive changes of any settings store the last ones', () => {
  const settings = fc.record({
    sampler: fc.record({ temperature: fc.constantFrom(0.5, 1), topK: fc.nat(9) }, { requiredKeys: [] }),
    length: fc.integer({ min: 1, max: 9 }),
    stopSequences: fc.array(fc.constantFrom('a', 'b'), { maxLength: 2 }),
    presets: fc.subarray(['A', 'B', '1'].map((name) => preset(name))),
  });
  fc.assert(
    fc.property(fc.array(settings, { maxLength: 5 }), (changes) => {
      let [stored, now]: [object, Settings] = [{}, DEFAULTS];
      for (const change of changes) {
        stored = apply(stored, now, change);
        now = { ...now, ...change };
      }
      const byName = ({ presets, ...others }: Settings) => ({
        ...others,
        presets: [...presets].sort((a, b) => (a.name < b.name ? -1 : 1)),
      });
      expect(byName(parseSettings(stored))).toEqual(byName(parseSettings(now)));
    }),
  );
});
