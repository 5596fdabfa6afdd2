import { EngineError } from '../../model/errors';
import { unknownRecords } from '../../model/sampling';
import type { Run } from '../../model/text';
import { decodeLink, encodeLink, NewerLinkError } from '../../share/link';
import type { Shared, SharedRun, View } from '../../share/shared';
import type { Playground } from './playground';
import { samplingOf, withinRanges } from './settings';
import { type ModelRef, type Origin, type TextValue, typedText } from './text-value';
import { openView, viewOf } from './view';

/** The text with its tokens, settings and view, as a link's fragment or a file carries it. @throws EngineError 'input' */
export function encodeText(playground: Playground, fallback: ModelRef): Promise<string> {
  const { engine, settings } = playground.store.getState();
  const { runs, model } = playground.text;
  const manifest = engine.phase === 'ready' ? engine.info.manifest : null;
  return encodeLink({
    model: model ?? manifest ?? fallback,
    runs,
    sampling: samplingOf(settings, manifest),
    view: viewOf(playground),
  });
}

/** Reads a fragment or a file, from whomever it comes. @throws EngineError 'input' */
export async function decodeText(fragment: string): Promise<{ text: TextValue; view: View }> {
  try {
    const shared = await decodeLink(fragment);
    return { text: fromShared(shared), view: shared.view };
  } catch (error) {
    if (error instanceof NewerLinkError) {
      const text = { ...typedText(error.text), origin: origin(null) };
      return { text, view: {} };
    }
    throw error;
  }
}

/** Opens what a link or a file holds; what cannot be read leaves the text as it was, and says so. */
export async function openText(
  playground: Playground,
  fragment: string,
  from: 'link' | 'file',
): Promise<void> {
  try {
    const { text, view } = await decodeText(fragment);
    playground.openShared(text);
    openView(playground, view);
  } catch (thrown) {
    const { message, remedy } = EngineError.from(thrown);
    const words =
      from === 'link' ? `${message} ${remedy}` : 'This file is damaged, or not one of the playground.';
    playground.notify(`${words} Your text is as it was.`);
  }
}

const LARGEST_FILE = 2 ** 24; // bytes; no text that can be shared comes near

const OURS = /\.leapformer.*\.txt$/i; // browsers put ' (1)' before the last dot

/** Opens one of our files, or any other as plain text. */
export async function openFile(playground: Playground, file: File): Promise<void> {
  if (file.size > LARGEST_FILE)
    return playground.notify(`${file.name} is too large. Your text is as it was.`);
  const content = await file.text();
  if (await playground.texts.import(content)) return;
  // Programs that hand text on may have broken its lines.
  const fragment = content.replace(/\s+/g, '');
  const isOurs = OURS.test(file.name) || (await decodeText(fragment).then(Boolean, () => false));
  if (isOurs) return openText(playground, fragment, 'file');
  if (content.includes('\0')) return playground.notify(`${file.name} is not a text. Yours is as it was.`);
  playground.replace(typedText(content.replace(/\r\n?/g, '\n')));
}

function fromShared({ model, runs, sampling }: Shared): TextValue {
  return {
    runs: runs.map(fromSharedRun),
    model,
    generatedFrom: null,
    branches: [],
    origin: origin({ model, sampling: withinRanges(sampling) }),
  };
}

function fromSharedRun(run: SharedRun): Run {
  if (run.source === 'typed') return { ...run, tokens: null };
  return { ...run, records: unknownRecords(run.tokens.ids) };
}

function origin(claim: Origin['claim']): Origin {
  return { claim, replaced: null, isKnown: false };
}
