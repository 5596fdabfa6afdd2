import { plainText, type Run } from '../model/text/text';
import { openPage } from './address';
import { preloaded } from './components/late';
import { openedEditor } from './editor/handle';
import { fileName, pickFiles, save } from './files';
import type { Platform } from './keyboard/chord';
import { openItems } from './opening';
import { canRegenerate } from './store/document/text-value';
import { nameOf } from './store/library/text-storage';
import type { Playground } from './store/playground';
import type { PlaygroundState } from './store/state';
import { applyTheme, currentTheme, NEXT_THEME } from './theme';

/** A command of the page: the keyboard, the buttons, the help and the palette all use this table. */
export interface Command {
  readonly id: string;
  /** The label in the palette, in the help and on buttons. */
  readonly name: string;
  /** Chords, as in 'Mod+Shift+Z'; the page shows the first. */
  readonly keys?: readonly string[];
  /** The chords on a Mac, if they differ. */
  readonly macKeys?: readonly string[];
  /** Whether the command is disabled: it has no target, or other work runs. */
  isOff?(state: PlaygroundState): boolean;
  run(playground: Playground): unknown;
}

const looksAtNone = ({ panel }: PlaygroundState) => panel !== 'token' && panel !== 'lens';
/** The comparison is open, where the same keys generate. */
const compares = ({ card }: PlaygroundState) => card === 'compare';
const isWorking = ({ work }: PlaygroundState) => work.phase !== 'idle';

const TABLE = [
  {
    id: 'generate',
    name: 'Generate',
    keys: ['Mod+Enter'],
    isOff: isWorking,
    run: (playground) =>
      compares(playground.store.getState()) ? playground.comparison.start() : playground.generate(),
  },
  { id: 'stop', name: 'Stop', keys: ['Esc'], isOff: (state) => !isWorking(state), run: (p) => p.stop() },
  {
    id: 'one-token',
    name: 'Add one token',
    keys: ['Alt+Enter'],
    isOff: (state) => isWorking(state) || compares(state),
    run: (playground) => playground.generate(1),
  },
  {
    id: 'regenerate',
    name: 'Regenerate',
    keys: ['Mod+Shift+Enter'],
    isOff: (state) =>
      isWorking(state) || compares(state) || !state.history || !canRegenerate(state.history.present),
    run: (playground) => playground.regenerate(),
  },
  {
    id: 'generate-from-cursor',
    name: 'Continue from cursor',
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
  { id: 'token', name: 'Tokens', keys: ['Mod+I'], run: (playground) => playground.toggle('token') },
  {
    id: 'lens',
    name: 'Lens: attention',
    keys: ['Mod+Shift+L'],
    run: (playground) => playground.toggle('lens'),
  },
  {
    id: 'token-before',
    name: 'Previous token',
    keys: ['Alt+ArrowLeft'],
    macKeys: ['Ctrl+Mod+ArrowLeft'], // Option with an arrow moves the cursor by a word
    isOff: looksAtNone,
    run: (playground) => playground.walk(-1),
  },
  {
    id: 'token-after',
    name: 'Next token',
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
  { id: 'demos', name: 'Demos', run: (playground) => playground.openCard('demos') },
  { id: 'verify', name: 'Verify the text', isOff: isWorking, run: (playground) => playground.verify() },
  { id: 'copy', name: 'Copy as plain text', run: copyText },
  { id: 'new', name: 'New text', run: beginText },
  { id: 'texts', name: 'Your texts', keys: ['Mod+O'], run: (playground) => playground.openCard('texts') },
  { id: 'export', name: 'Export this text', run: (playground) => exportTexts(playground, 'current') },
  { id: 'export-all', name: 'Export all texts', run: (playground) => exportTexts(playground, 'all') },
  { id: 'save-state', name: 'Save the memory here …', isOff: isWorking, run: (p) => saveState(p) },
  { id: 'examples', name: 'Examples', run: (playground) => playground.openCard('new') },
  {
    id: 'open',
    name: 'Open a file …',
    run: (playground) => pickFiles((files) => openItems(playground, files)),
  },
  { id: 'translate', name: 'Translate', run: () => openPage('translate') },
  { id: 'teach', name: 'Teach …', run: () => openPage('teach') },
  { id: 'score', name: 'Score texts', run: () => openPage('score') },
  { id: 'benchmark', name: 'Benchmark', run: () => openPage('benchmark') },
  { id: 'theme', name: 'Theme', run: () => applyTheme(NEXT_THEME[currentTheme()]) },
] as const satisfies Command[];

export type CommandId = (typeof TABLE)[number]['id'];

export const COMMANDS: readonly Command[] = TABLE;

export function commandOf(id: CommandId): Command {
  return COMMANDS.find((command) => command.id === id)!;
}

export function chordsOf({ keys, macKeys }: Command, platform: Platform): readonly string[] {
  return (platform === 'mac' ? macKeys : undefined) ?? keys ?? [];
}

/** Runs the command unless it is disabled. */
export function runCommand(command: Command, playground: Playground): void {
  if (!command.isOff?.(playground.store.getState())) void command.run(playground);
}

/** Opens a new text, and focuses the editor once the card that started it has closed. */
function beginText(playground: Playground): void {
  void playground.texts.add();
  requestAnimationFrame(() => openedEditor()?.focus());
}

/** Opens find at once, so that its field gets the next key; after an open card, once the card has returned the focus. */
function findInText(playground: Playground): void {
  playground.openCard(null);
  const find = () => openedEditor()?.find();
  if (document.activeElement?.closest('[role=dialog]')) requestAnimationFrame(find);
  else find();
}

const loadStates = preloaded(() => import('./store/links/states'));

/** Saves the state behind a beginning of the text as a file. @param runs the beginning; by default up to the cursor */
export async function saveState(playground: Playground, runs?: readonly Run[]): Promise<void> {
  const states = await loadStates().catch(() => null);
  if (!states) return playground.notify('The memory was not saved. Check the connection, then try again.');
  const saved = await states.takeState(playground, runs);
  if (saved) save(saved.file, fileName(saved.title, 'leapformer.state'));
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
    playground.notify('The browser blocked copying. Select the text and copy it by hand.');
  }
}
