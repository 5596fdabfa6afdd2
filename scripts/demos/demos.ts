import type { Demo } from '../../src/app/demos';
import type { Playground } from '../../src/app/store/playground';
import { showByPosition, showFarWord, showGate, showOff, showStructure, showSurprise } from './found';
import type { Finding } from './search';
import { showBranch, showLong, showOpenBeginning, showSampled } from './written';

interface Making extends Pick<Demo, 'id' | 'title' | 'shows'> {
  /** Quotes an article that the search finds. */
  readonly isQuote?: boolean;
  /** Shows the demo on the page. @returns the title of the article that it quotes */
  show(page: Playground, findings: readonly Finding[]): Promise<string | null>;
}

/** The demos in the order of the list. */
export const DEMOS: readonly Making[] = [
  {
    id: 'far-word',
    title: 'A head that finds a word far back',
    shows: null,
    isQuote: true,
    show: showFarWord,
  },
  { id: 'off', title: 'Proportions taken away', shows: null, isQuote: true, show: showOff },
  {
    id: 'by-position',
    title: 'Learned against fixed proportions',
    shows: null,
    isQuote: true,
    show: showByPosition,
  },
  { id: 'gate', title: 'A gate at the input', shows: null, isQuote: true, show: showGate },
  { id: 'structure', title: 'A head that reads the layout', shows: null, isQuote: true, show: showStructure },
  { id: 'surprise', title: 'The word that surprises most', shows: null, isQuote: true, show: showSurprise },
  { id: 'branch', title: 'Two continuations of one text', shows: 'branches', show: showBranch },
  { id: 'eight', title: 'Eight continuations at once', shows: 'compare', show: showOpenBeginning },
  { id: 'verify', title: 'A text that verifies', shows: null, show: showSampled },
  { id: 'long', title: 'Constant memory, however long the text', shows: 'memory', show: showLong },
];
