import { takeFragment } from './address';
import { preloaded } from './components/late';
import type { Playground } from './store/playground';

/** The codecs of links and files. The page starts without them. */
const loadCodecs = preloaded(() => import('./store/links/sharing'));

/**
 * Opens the text in the address as a new text. The link stays in the address until the codecs have loaded. It runs before
 * the model loads, because the text selects the model.
 */
export async function openLink(playground: Playground): Promise<void> {
  if (location.hash.length <= 1) return;
  const codecs = await loadCodecs().catch(() => null);
  if (!codecs) return playground.notify('The link did not open. Check the connection, then reload the page.');
  const fragment = takeFragment();
  if (fragment) await codecs.openText(playground, fragment, 'link');
}

/** Opens a file as a new text. */
export async function openFile(playground: Playground, file: File): Promise<void> {
  const codecs = await loadCodecs().catch(() => null);
  if (codecs) await codecs.openFile(playground, file);
  else playground.notify(`${file.name} did not open. Check the connection, and open it again.`);
}
