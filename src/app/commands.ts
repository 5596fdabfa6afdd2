import { plainText } from '../model/text/text';
import { openBenchmark } from './address';
import { openedEditor } from './editor/handle';
import { fileName, pickFile, save } from './files';
import type { Platform } from './keyboard/chord';
import { canRegenerate } from './store/document/text-value';
import { nameOf } from './store/library/text-storage';
import { openFile } from './store/links/sharing';
import type { Playground } from './store/playground';
import type { PlaygroundState } from './store/state';
import { applyTheme, currentTheme, NEXT_THEME } from './theme';

/** Everything that can be done from anywhere: what the keyboard, the buttons, the help and the palette all read. */
export interface Command {
  readonly id: string;
  /** What it does, as the palette and the help say it. */
  readonly name: string;
  /** Chords, as in 'Mod+Shift+Z'; the first is the one that is shown. */
  readonly keys?: readonly string[];
  /** Those on a Mac, where they differ. */
  readonly macKeys?: readonly string[];
  /** There is nothing to do it to, or something else runs. */
  isOff?(state: PlaygroundState): boolean;
  run(playground: Playground): unknown;
}

const looksAtNone = ({ panel }: PlaygroundState) => panel !== 'token' && panel !== 'lens';
/** The text is behind a comparison, in which the same keys write. */
const compares = ({ card }: PlaygroundState) => card === 'compare';
const isWorking = ({ work }: PlaygroundState) => work.phase !== 'idle';

const TABLE = [
  {
    id: 'generate',
    name: 'Generate, or continue',
    keys: ['Mod+Enter'],
    isOff: isWorking,
    run: (playground) =>
      compares(playground.store.getState()) ? playground.comparison.start() : playground.generate(),
  },
  { id: 'stop', name: 'Stop', keys: ['Esc'], isOff: (state) => !isWorking(state), run: (p) => p.stop() },
  {
    id: 'one-token',
    name: 'Write one token',
    keys: ['Alt+Enter'],
    isOff: (state) => isWorking(state) || compares(state),
    run: (playground) => playground.generate(1),
  },
  {
    id: 'regenerate',
    name: 'Regenerate the last part',
    keys: ['Mod+Shift+Enter'],
    isOff: (state) =>
      isWorking(state) || compares(state) || !state.history || !canRegenerate(state.history.present),
    run: (playground) => playground.regenerate(),
  },
  {
    id: 'generate-from-cursor',
    name: 'Go on from the cursor',
    keys: ['Mod+Alt+Enter'],
    isOff: (state) => isWorking(state) || compares(state),
    run: (playground) => playground.generateFromCursor(),
  },
  {
    id: 'undo',
    name: 'Undo',
    keys: ['Mod+Z'],
    isOff: ({ history }) => !history?.past.length,
    run: (playground) => playground.undo(),
  },
  {
    id: 'redo',
    name: 'Redo',
    keys: ['Mod+Shift+Z', 'Mod+Y'],
    isOff: ({ history }) => !history?.future.length,
    run: (playground) => playground.redo(),
  },
  {
    id: 'find',
    name: 'Find in text',
    keys: ['Mod+F'],
    isOff: () => openedEditor() === null,
    run: findInText,
  },
  { id: 'share', name: 'Share', keys: ['Mod+S'], run: (playground) => playground.openCard('share') },
  { id: 'settings', name: 'Settings', keys: ['Mod+,'], run: (playground) => playground.toggle('settings') },
  { id: 'token', name: 'Look at tokens', keys: ['Mod+I'], run: (playground) => playground.toggle('token') },
  {
    id: 'lens',
    name: 'Look at attention',
    keys: ['Mod+Shift+L'],
    run: (playground) => playground.toggle('lens'),
  },
  {
    id: 'token-before',
    name: 'Token before, with its panel open',
    keys: ['Alt+ArrowLeft'],
    macKeys: ['Ctrl+Mod+ArrowLeft'], // with Option the cursor goes to the next word
    isOff: looksAtNone,
    run: (playground) => playground.walk(-1),
  },
  {
    id: 'token-after',
    name: 'Token after',
    keys: ['Alt+ArrowRight'],
    macKeys: ['Ctrl+Mod+ArrowRight'],
    isOff: looksAtNone,
    run: (playground) => playground.walk(1),
  },
  { id: 'branches', name: 'Branches', keys: ['Mod+B'], run: (playground) => playground.toggle('branches') },
  {
    id: 'compare',
    name: 'Compare continuations',
    keys: ['Mod+J'],
    isOff: isWorking,
    run: (playground) => playground.openCard('compare'),
  },
  { id: 'palette', name: 'All commands', keys: ['Mod+K'], run: (p) => p.openCard('palette') },
  {
    id: 'help',
    name: 'Help and shortcuts',
    keys: ['Mod+/'],
    run: (playground) => playground.openCard('help'),
  },
  { id: 'verify', name: 'Verify the text', isOff: isWorking, run: (playground) => playground.verify() },
  { id: 'copy', name: 'Copy as plain text', run: copyText },
  { id: 'new', name: 'New text', run: beginText },
  { id: 'texts', name: 'Your texts', keys: ['Mod+O'], run: (playground) => playground.openCard('texts') },
  { id: 'export', name: 'Export this text', run: (playground) => exportTexts(playground, 'current') },
  { id: 'export-all', name: 'Export all texts', run: (playground) => exportTexts(playground, 'all') },
  { id: 'examples', name: 'Examples', run: (playground) => playground.openCard('examples') },
  { id: 'open', name: 'Open a file …', run: (playground) => pickFile((file) => openFile(playground, file)) },
  { id: 'benchmark', name: 'Measure this device', run: openBenchmark },
  { id: 'theme', name: 'Change the theme', run: () => applyTheme(NEXT_THEME[currentTheme()]) },
] as const satisfies Command[];

export type CommandId = (typeof TABLE)[number]['id'];

export const COMMANDS: readonly Command[] = TABLE;

export function commandOf(id: CommandId): Command {
  return COMMANDS.find((command) => command.id === id)!;
}

export function chordsOf({ keys, macKeys }: Command, platform: Platform): readonly string[] {
  return (platform === 'mac' ? macKeys : undefined) ?? keys ?? [];
}

/** Does it, unless there is nothing to do. */
export function runCommand(command: Command, playground: Playground): void {
  if (!command.isOff?.(playground.store.getState())) void command.run(playground);
}

/** A new text, with the cursor in it once the card from which it was asked for is closed. */
function beginText(playground: Playground): void {
  void playground.texts.add();
  requestAnimationFrame(() => openedEditor()?.focus());
}

/** At once, since the next key is for its field; but a card that closes gives the focus back first. */
function findInText(playground: Playground): void {
  playground.openCard(null);
  const find = () => openedEditor()?.find();
  if (document.activeElement?.closest('[role=dialog]')) requestAnimationFrame(find);
  else find();
}

async function exportTexts(playground: Playground, which: 'current' | 'all'): Promise<void> {
  const content = await playground.texts.export(which);
  const name = which === 'all' ? 'LeaPformer texts' : nameOf(playground.texts.store.getState().current);
  save(content, fileName(name, 'leapformer.json'));
}

async function copyText(playground: Playground): Promise<void> {
  try {
    await navigator.clipboard.writeText(plainText(playground.text.runs));
    playground.notify('Copied.');
  } catch {
    playground.notify('This browser does not let the page copy. Select the text and copy it by hand.');
  }
}
