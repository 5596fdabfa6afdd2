import { chosenDemo, forgetDemo, forgetFragment, openPage } from './address';
import { preloaded } from './components/late';
import type { DroppedItem } from './dropped';
import { BEGINNINGS, EXAMPLES, exampleText } from './examples';
import { modelFor } from './models';
import { type TextValue, typedText } from './store/document/text-value';
import type { Playground } from './store/playground';

/** The codecs of links and files. The page starts without them. */
const loadCodecs = preloaded(() => import('./store/links/sharing'));
const loadDropped = preloaded(() => import('./dropped'));
const loadDemos = preloaded(() => import('./demos'));

/**
 * Opens the text in the address as a new text. The link stays in the address until the text is open, so that a reload cannot
 * lose it. It runs before the model loads, because the text selects the model.
 */
export async function openLink(playground: Playground): Promise<void> {
  const fragment = location.hash.slice(1);
  if (!fragment) return;
  const codecs = await loadCodecs().catch(() => null);
  if (!codecs) return playground.notify('The link did not open. Check the connection, then reload the page.');
  const onOpen = () => forgetFragment(fragment);
  if (await codecs.openText(playground, fragment, 'link', onOpen)) openPage('translate');
}

/** Opens the demo in the address, which stays there until the code for it has loaded. */
export async function openChosenDemo(playground: Playground): Promise<void> {
  const id = chosenDemo();
  if (!id) return;
  const demos = await loadDemos().catch(() => null);
  if (!demos) return playground.notify('The demo did not open. Check the connection, then reload the page.');
  forgetDemo();
  await demos.openDemo(playground, id);
}

/** Unless a text is shown, shows the example by the model that opens, or an opening if there is no such example. */
export async function openExample({ store, texts }: Playground): Promise<void> {
  if (store.getState().history) return;
  const example = await loadExample().catch(() => null);
  texts.beginWith(example ?? typedText(BEGINNINGS[0].text));
}

/** The example by the model that opens; null if it has none. */
export async function loadExample(): Promise<TextValue | null> {
  const example = await EXAMPLES[await modelFor(null)]?.();
  return example ? exampleText(example) : null;
}

/** Opens files and folders that the user dropped or picked, by their kind (dropped.ts). */
export async function openItems(playground: Playground, items: readonly DroppedItem[]): Promise<void> {
  const dropped = await loadDropped().catch(() => null);
  if (dropped) await dropped.openDropped(playground, items);
  else playground.notify(`${items[0].name} did not open. Check the connection, and open it again.`);
}
