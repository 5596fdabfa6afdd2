import { openFile } from './store/links/sharing';
import type { Playground } from './store/playground';

/** A text that shows one thing, in the folder public/demos. scripts/make-demos.ts writes the list and the files. */
export interface Demo {
  readonly id: string;
  readonly title: string;
  /** All its figures were computed from the file. */
  readonly sentence: string;
  /** The article of which it quotes the beginning; null: it has words of this site, and words by the model. */
  readonly article: string | null;
  /** Its name in the folder. The page can open such a file. */
  readonly file: string;
  /** The part of the page that opens beside the text; null: that which the file names. */
  readonly shows: 'branches' | 'compare' | 'memory' | null;
}

const CONTINUATIONS = 8;

/** The source of a quoted article. */
export function sourceOf({ article }: Demo): string | null {
  return article && `Text: Wikipedia, “${article}”, CC BY-SA 3.0, from WikiText-103.`;
}

export async function listDemos(): Promise<readonly Demo[]> {
  return (await read('demos.json')).json();
}

/** Opens a demo as a new text, with its sentence as a notice. If it cannot be loaded, a notice gives the reason. */
export async function openDemo(playground: Playground, id: string): Promise<void> {
  try {
    const demo = (await listDemos()).find((one) => one.id === id);
    if (!demo) return playground.notify(`There is no demo “${id}”. The menu “More” lists the demos.`);
    const file = new File([await (await read(demo.file)).blob()], demo.file);
    const before = playground.text;
    await openFile(playground, file);
    if (playground.text !== before) show(playground, demo); // else a notice gives the reason
  } catch {
    playground.notify('The demo did not open. Check the connection, and open it again.');
  }
}

function show(playground: Playground, demo: Demo): void {
  const { title, sentence, shows } = demo;
  const isTyped = playground.text.runs.every((run) => run.source === 'typed');
  if (isTyped) playground.putOriginAway(); // the line names the model that wrote a text
  if (shows === 'branches') playground.show(shows);
  if (shows === 'compare') playground.comparison.open(CONTINUATIONS);
  if (shows === 'memory') playground.openCard(shows);
  playground.notify([`${title}.`, sentence, sourceOf(demo)].filter(Boolean).join(' '), 'text');
}

async function read(name: string): Promise<Response> {
  const response = await fetch(new URL(`demos/${name}`, document.baseURI));
  if (!response.ok) throw new Error(`${name}: ${response.status}`);
  return response;
}
