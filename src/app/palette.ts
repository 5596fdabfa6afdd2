import { chooseModel, PAPER } from './address';
import { COMMANDS, type Command, type CommandId } from './commands';
import { OPEN_OWN, pickModel } from './open-model';
import { LENS_MODES, LENS_NAMES, PROPORTION_NAMES } from './store/engine/lens-view';
import type { Playground } from './store/playground';
import { SETTING_NAMES } from './store/settings/settings';
import type { CardId } from './store/state';
import { applyTheme } from './theme';

/** The entries of the command palette, and the search in them. */

export interface Entry extends Command {
  /** More words that find it. */
  readonly keywords?: string | undefined;
}

const KEYWORDS: Partial<Record<CommandId, string>> = {
  generate: 'continue write next article',
  stop: 'cancel end',
  'one-token': 'step single word',
  regenerate: 'again retry repeat',
  'generate-from-cursor': 'write here',
  find: 'search replace',
  share: 'link url qr code image picture send',
  settings: 'options preferences sampling presets',
  token: 'probability surprise perplexity alternatives logits colours words',
  lens: 'heads layers interpretability',
  branches: 'tree history versions',
  compare: 'side by side continuations variants',
  help: 'keys keyboard manual about',
  demos: 'examples tour show links samples',
  verify: 'check proof reproduce',
  'save-state': 'state snapshot download file continue later',
  copy: 'clipboard',
  new: 'blank page document',
  texts: 'documents list library stored',
  export: 'save download file json',
  'export-all': 'save download file json backup',
  examples: 'start samples',
  open: 'import upload load',
  score: 'perplexity loss evaluate surprising',
  benchmark: 'speed performance measure tokens per second',
  theme: 'dark light colours night',
};

/** The parts of the page that have no command of their own. */
const PLACES: readonly Entry[] = [
  card('memory', 'Memory', 'cache state megabytes ram snapshots'),
  card('model', 'About the model', 'weights parameters size licence license fingerprint wiki'),
  card('storage', 'Storage', 'offline cache disk quota delete keep'),
  ...OPEN_OWN.map(({ what, name }) => ({
    id: `own-${what}`,
    name,
    keywords: 'import upload drop weights safetensors zip trained model folder',
    run: (playground: Playground) => pickModel(playground, what),
  })),
  card('device', 'Device', 'hardware gpu cpu webgpu backend graphics'),
  {
    id: 'paper',
    name: 'Paper: LeaPformer',
    keywords: 'arxiv article research source method',
    run: () => window.open(PAPER, '_blank', 'noopener'),
  },
  ...LENS_MODES.map((mode) => ({
    id: `lens-${mode}`,
    name: `Lens: ${LENS_NAMES[mode]}`,
    keywords: 'attention heads view',
    run: (playground: Playground) => {
      playground.lens.set({ mode });
      playground.show('lens');
    },
  })),
  {
    id: 'tour',
    name: 'Tour of the lens',
    keywords: 'introduction explain guide attention how it works steps',
    run: (playground) => playground.lens.goOnTour(0),
  },
  ...(['static', 'none'] as const).map((proportions) => ({
    id: `lens-${proportions}`,
    name: `Lens: proportions ${PROPORTION_NAMES[proportions].toLowerCase()}`,
    keywords: 'what if attention counterfactual ablation cosformer without',
    run: (playground: Playground) => {
      playground.lens.set({ proportions });
      playground.show('lens');
    },
  })),
  ...Object.values(SETTING_NAMES).map((name) => ({
    id: `setting-${name}`,
    name: `Setting: ${name}`,
    keywords: 'sampler sampling change',
    run: (playground: Playground) => {
      playground.show('settings');
      focusField(name);
    },
  })),
  ...(['dark', 'light', 'system'] as const).map((theme) => ({
    id: `theme-${theme}`,
    name: `Theme: ${theme === 'system' ? 'as the system' : theme}`,
    keywords: 'colours appearance mode',
    run: () => applyTheme(theme),
  })),
];

function card(id: CardId, name: string, keywords: string): Entry {
  return { id: `card-${id}`, name, keywords, run: (playground) => playground.openCard(id) };
}

/** An entry for each model, by its name in the address. */
export function modelEntries(
  models: readonly { readonly id: string; readonly name: string }[],
): readonly Entry[] {
  return models.map(({ id, name }) => ({
    id: `model-${id}`,
    name: `Load ${name}`,
    keywords: 'model weights switch change',
    run: (playground) => {
      chooseModel(id);
      playground.load();
    },
  }));
}

/**
 * The entries that match each word of the query, in their names or with the beginning of a keyword: first the one of that
 * name, then matches in names. Without a query, all commands.
 */
export function findEntries(query: string, models: readonly Entry[] = []): readonly Entry[] {
  const commands = COMMANDS.map((command) => ({ ...command, keywords: KEYWORDS[command.id as CommandId] }));
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return commands;
  const isNamed = ({ name }: Entry, word: string) => name.toLowerCase().includes(word);
  const isMeant = (entry: Entry, word: string) =>
    isNamed(entry, word) || entry.keywords?.split(' ').some((keyword) => keyword.startsWith(word));
  const found = [...commands, ...PLACES, ...models].filter((entry) =>
    words.every((word) => isMeant(entry, word)),
  );
  const rank = (entry: Entry) => {
    if (entry.name.toLowerCase() === query.trim().toLowerCase()) return 0;
    return words.every((word) => isNamed(entry, word)) ? 1 : 2;
  };
  return found.toSorted((a, b) => rank(a) - rank(b));
}

const PATIENCE = 60; // frames until the panel is there

/** Focuses the field with this label, once the palette has returned the focus and the panel is there. */
function focusField(name: string, left = PATIENCE): void {
  requestAnimationFrame(() => {
    const label = [...document.querySelectorAll('label')].find(({ textContent }) => textContent === name);
    const field = label?.control;
    if (field) {
      const folded = field.closest('details');
      if (folded) folded.open = true;
      field.focus();
    } else if (left > 0) focusField(name, left - 1);
  });
}
