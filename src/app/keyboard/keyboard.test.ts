import { beforeAll, describe, expect, it } from 'vitest';
import { LAYOUTS, type Layout, ROWS } from '../../../tests/layouts';
import { COMMANDS, chordsOf, commandOf } from '../commands';
import { setOpenedEditor } from '../editor/handle';
import type { PlaygroundState } from '../store/state';
import { setUp } from '../store/testing';
import { alternativeFor, commandFor, type Focus, type KeyContext, placeOf } from './bindings';
import { chordOf, type Keystroke, type Platform } from './chord';

type Held = 'ctrl' | 'meta' | 'alt' | 'shift' | 'altGraph';

function keystroke(key: string, code: string, held: readonly Held[] = [], more: Partial<Keystroke> = {}) {
  return {
    key,
    code,
    keyCode: 0,
    isComposing: false,
    ctrlKey: held.includes('ctrl'),
    metaKey: held.includes('meta'),
    altKey: held.includes('alt'),
    shiftKey: held.includes('shift'),
    getModifierState: (name: string) => name === 'AltGraph' && held.includes('altGraph'),
    ...more,
  };
}

const NAMED = ['Enter', 'Escape', 'Tab', 'Backspace', 'Delete', 'Home', 'End', 'PageUp', 'PageDown', 'F3'];
const ARROWS = ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown'];
const nameless = (held: readonly Held[]) => [...NAMED, ...ARROWS].map((key) => keystroke(key, key, held));

/** All printing keys of a layout, with modifiers. */
function typed({ levels }: Layout, held: readonly Held[], level = 0): Keystroke[] {
  const signs = levels[level + (held.includes('shift') ? 1 : 0)];
  return ROWS.flatMap((codes, row) =>
    codes.map((code, at) => {
      const sign = [...signs[row]][at];
      const names: Record<string, string> = { '◌': 'Dead', ' ': 'Unidentified' };
      return keystroke(names[sign] ?? sign, code, held);
    }),
  );
}

const ALT_GR = 2; // level of the layout

/** Every key with AltGr or Option, as browsers report it. */
function withAltGr(layout: Layout): Keystroke[] {
  const shapes: Held[][] =
    layout.platform === 'mac'
      ? [['alt'], ['alt', 'altGraph']] // Firefox reports both
      : [['altGraph'], ['ctrl', 'alt', 'altGraph'], ['ctrl', 'alt']]; // the last two on Windows
  return shapes.flatMap((shape) => [
    ...typed(layout, shape, ALT_GR),
    ...typed(layout, [...shape, 'shift'], ALT_GR),
  ]);
}

let writing: PlaygroundState;

beforeAll(async () => {
  setOpenedEditor({ focus() {}, find() {} });
  const { state } = await setUp('Tea is a drink.');
  writing = { ...state(), panel: 'token', work: { phase: 'writing' } }; // every command is enabled
});

function context(platform: Platform, change: Partial<KeyContext> = {}): KeyContext {
  return { platform, focus: 'document', isOpen: false, isCovered: false, state: writing, ...change };
}

const meaning = (event: Keystroke, context: KeyContext) =>
  alternativeFor(event, context) ?? commandFor(event, context)?.id ?? null;

const BOUND = COMMANDS.filter(({ keys }) => keys);

/** The modifiers of a chord without Shift, which some layouts need for a sign. */
function heldFor(chord: string, platform: Platform): Held[] {
  const held: Held[] = [];
  if (chord.includes('Ctrl+')) held.push('ctrl');
  if (chord.includes('Mod+')) held.push(platform === 'mac' ? 'meta' : 'ctrl');
  if (chord.includes('Alt+')) held.push('alt');
  return held;
}

/** All ways to press the last key of a chord on a layout. */
function pressed(chord: string, layout: Layout): Keystroke[] {
  const held = heldFor(chord, layout.platform);
  const shifted: Held[] = [...held, 'shift'];
  const withShift = chord.includes('Shift+');
  return [
    ...(withShift ? [] : [...typed(layout, held), ...nameless(held)]),
    ...typed(layout, shifted),
    ...(withShift ? nameless(shifted) : []),
  ];
}

describe.each(LAYOUTS)('$name on $platform', (layout) => {
  const here = (change?: Partial<KeyContext>) => context(layout.platform, change);

  it.each(BOUND)('reaches $id', (command) => {
    for (const chord of chordsOf(command, layout.platform)) {
      const found = pressed(chord, layout).filter((event) => commandFor(event, here()) === command);
      expect(found).not.toEqual([]);
    }
  });

  it('reaches all ten alternatives', () => {
    const held: Held[] = layout.platform === 'mac' ? ['ctrl'] : ['alt'];
    const found = typed(layout, held).map((event) => alternativeFor(event, here()));
    expect(found.filter((one) => one !== null)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(
      typed(layout, [])
        .map(placeOf)
        .filter((one) => one !== null),
    ).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('types its characters', () => {
    const events = [
      ...typed(layout, []),
      ...typed(layout, ['shift']),
      ...withAltGr(layout),
      ...nameless([]).filter(({ key }) => key !== 'Escape'),
      ...nameless(['shift']).filter(({ key }) => key !== 'Escape'),
    ];
    for (const focus of ['document', 'line', 'lines', 'page'] as const)
      expect(events.filter((event) => meaning(event, here({ focus })) !== null)).toEqual([]);
  });

  it('leaves keys of the system and the platform alone', () => {
    const held: Held = layout.platform === 'mac' ? 'ctrl' : 'meta';
    const events = [...typed(layout, [held]), ...typed(layout, [held, 'shift']), ...nameless([held])];
    const digits = /^Digit/; // on a Mac, Control with a digit chooses an alternative
    const theirs = events.filter(({ code }) => held === 'meta' || !digits.test(code));
    expect(theirs.filter((event) => meaning(event, here()) !== null)).toEqual([]);
  });

  it('leaves every key to an input method during a composition', () => {
    const chords = BOUND.flatMap((command) => chordsOf(command, layout.platform));
    const events = chords.flatMap((chord) => pressed(chord, layout));
    const composing = events.flatMap((event) => [
      { ...event, isComposing: true },
      { ...event, keyCode: 229 },
    ]);
    expect(composing.filter((event) => meaning(event, here()) !== null)).toEqual([]);
  });

  it('leaves undo, redo and Escape to a field', () => {
    for (const focus of ['line', 'lines'] as Focus[])
      for (const id of ['undo', 'redo', 'stop'] as const)
        for (const chord of chordsOf(commandOf(id), layout.platform))
          for (const event of pressed(chord, layout))
            expect(commandFor(event, here({ focus }))?.id).not.toBe(id);
  });
});

describe.each(['mac', 'pc'] as const)('on %s', (platform) => {
  const mod: Held = platform === 'mac' ? 'meta' : 'ctrl';
  const here = (change?: Partial<KeyContext>) => context(platform, change);

  it('no chord has two commands', () => {
    const chords = COMMANDS.flatMap((command) => chordsOf(command, platform));
    expect(new Set(chords).size).toBe(chords.length);
  });

  it('fields and the text keep their editing keys for words and lines', () => {
    const words: Held = platform === 'mac' ? 'alt' : 'ctrl';
    const events = [
      ...['KeyA', 'KeyC', 'KeyX', 'KeyV'].map((code) => keystroke(code[3].toLowerCase(), code, [mod])),
      ...['ArrowLeft', 'ArrowRight', 'Backspace', 'Delete'].flatMap((key) => [
        keystroke(key, key, [words]),
        keystroke(key, key, [words, 'shift']),
        keystroke(key, key, [mod]),
      ]),
    ];
    for (const focus of ['document', 'line', 'lines'] as const)
      expect(events.filter((event) => meaning(event, here({ focus })) !== null)).toEqual([]);
  });

  it('Option with Enter is a line break in a field of several lines', () => {
    const event = keystroke('Enter', 'Enter', ['alt']);
    expect(commandFor(event, here({ focus: 'lines' }))).toBe(null);
    expect(commandFor(event, here({ focus: 'line' }))?.id).toBe('one-token');
  });

  it('Escape closes an open card before it stops the generation', () => {
    const event = keystroke('Escape', 'Escape');
    expect(commandFor(event, here({ focus: 'page' }))?.id).toBe('stop');
    expect(commandFor(event, here({ focus: 'page', isOpen: true }))).toBe(null);
    expect(commandFor(event, here({ state: { ...writing, work: { phase: 'idle' } } }))).toBe(null);
  });

  it('no key changes a text behind a dialog', () => {
    const covered = here({ isCovered: true, focus: 'page' });
    for (const key of ['z', 'y', 'f'])
      expect(commandFor(keystroke(key, `Key${key.toUpperCase()}`, [mod]), covered)).toBe(null);
    const digit = keystroke('1', 'Digit1', platform === 'mac' ? ['ctrl'] : ['alt']);
    expect(alternativeFor(digit, here())).toBe(0);
    expect(alternativeFor(digit, covered)).toBe(null);
    expect(commandFor(keystroke('k', 'KeyK', [mod]), covered)?.id).toBe('palette');
  });

  it('a digit chooses no alternative while the token panel is closed', () => {
    const digit = keystroke('1', 'Digit1', platform === 'mac' ? ['ctrl'] : ['alt']);
    expect(alternativeFor(digit, here({ state: { ...writing, panel: null } }))).toBe(null);
  });
});

it('Alt with the number pad types a character on Windows', () => {
  expect(alternativeFor(keystroke('1', 'Numpad1', ['alt']), context('pc'))).toBe(null);
});

it('AltGr with Enter differs from Ctrl, Alt and Enter', () => {
  expect(commandFor(keystroke('Enter', 'Enter', ['altGraph']), context('pc'))).toBe(null);
  expect(commandFor(keystroke('Enter', 'Enter', ['ctrl', 'alt', 'altGraph']), context('pc'))).toBe(null);
  expect(commandFor(keystroke('Enter', 'Enter', ['ctrl', 'alt']), context('pc'))?.id).toBe(
    'generate-from-cursor',
  );
});

it.each([
  ['Arabic, two letters on one key on Windows', 'لا', 'KeyB', 'Mod+B'],
  ['Caps Lock', 'Z', 'KeyZ', 'Mod+Z'],
  ['Turkish, Caps Lock', 'İ', 'Quote', 'Mod+İ'],
  ['a dead key', 'Dead', 'KeyE', 'Mod+E'],
])('%s', (_, key, code, chord) => {
  expect(chordOf(keystroke(key, code, ['ctrl']), 'pc')).toBe(chord);
});
