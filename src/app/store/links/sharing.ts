import { EngineError } from '../../../model/runtime/errors';
import { describeSnapshot } from '../../../model/runtime/snapshot-file';
import { unknownRecords } from '../../../model/sampling/records';
import type { Run } from '../../../model/text/text';
import { decodeLink, encodeLink, NewerLinkError } from '../../../share/link';
import type { Shared, SharedRun, SharedStart, View } from '../../../share/shared';
import { type SharedTranslation, translationIn } from '../../../share/translation-link';
import type { Start } from '../document/start';
import { type ModelRef, type Origin, type TextValue, typedText } from '../document/text-value';
import type { Item } from '../library/text-storage';
import { readTexts, type TextsFile } from '../library/texts-file';
import type { Playground } from '../playground';
import { samplingOf, withinRanges } from '../settings/settings';
import { liveTranslation } from '../translation/live-translation';
import { taughtFromView, taughtToView } from './taught';
import { openView, viewOf } from './view';

/**
 * Encodes the text with its tokens, settings and view as the fragment of a link. @throws EngineError 'input'
 * @param anyModel the model to name if neither the text nor the engine has one
 */
export async function encodeText(playground: Playground, anyModel: () => Promise<ModelRef>): Promise<string> {
  const { engine, settings } = playground.store.getState();
  const { start, runs, model } = playground.text;
  const manifest = engine.phase === 'ready' ? engine.info.manifest : null;
  const named = start?.model ?? model ?? manifest ?? (await anyModel());
  const taught = manifest && manifest.digest === named.digest ? taughtToView(manifest) : {};
  const view = { ...viewOf(playground), ...taught };
  return encodeLink({
    model: named,
    runs,
    start: start && { ...start, modelName: start.model.name },
    sampling: samplingOf(settings, manifest),
    view,
  });
}

/** Decodes a fragment or file from an untrusted source. @throws EngineError 'input' */
export async function decodeText(
  fragment: string,
): Promise<{ text: TextValue; view: View; translation?: SharedTranslation | null }> {
  try {
    const shared = await decodeLink(fragment);
    return { text: fromShared(shared), view: shared.view, translation: translationIn(shared) };
  } catch (error) {
    if (error instanceof NewerLinkError) {
      const text = { ...typedText(error.text), origin: origin(null) };
      return { text, view: {} };
    }
    throw error;
  }
}

/**
 * Opens the text of a link or file as a new text. If it cannot be read, a notice gives the reason and nothing changes.
 * @param onOpen is called when the page has the text, or cannot read it
 * @returns whether it is a translation, which another page shows
 */
export async function openText(
  playground: Playground,
  fragment: string,
  from: 'link' | 'file',
  onOpen = () => {},
): Promise<boolean> {
  try {
    const { text, view, translation } = await decodeText(fragment);
    if (translation) {
      const replaced = liveTranslation.open(translation);
      onOpen();
      if (replaced) await playground.texts.add(typedText(replaced), 'at once');
      return true;
    }
    const opening = playground.texts.add(text, 'at once');
    playground.store.setState({ announcement: 'A shared text is open.' });
    openView(playground, view);
    onOpen();
    await opening;
  } catch (thrown) {
    const { message, remedy } = EngineError.from(thrown);
    const words =
      from === 'link' ? `${message} ${remedy}` : 'This file is damaged or is not a playground file.';
    onOpen();
    playground.notify(`${words} Your own text is unchanged.`);
  }
  return false;
}

const LARGEST_FILE = 2 ** 24; // bytes; far more than any text that can be shared

const OURS = /\.leapformer.*\.(txt|json)$/i; // browsers put ' (1)' before the last dot

/**
 * Opens a file of the playground, or any other file as plain text, as a new text.
 * @returns whether it is a translation, which another page shows
 */
export async function openFile(playground: Playground, file: File): Promise<boolean> {
  const refuse = (why: string) => {
    playground.notify(`${file.name} ${why} Your own text is unchanged.`);
    return false;
  };
  if (file.size > LARGEST_FILE) return refuse('is too large.');
  const content = await file.text().catch(() => null);
  if (content === null) return refuse('could not be read.');
  if (!content.trim()) return refuse('is empty.');
  const texts = readTexts(content);
  if (texts.kind === 'texts') {
    await openTexts(playground, texts);
    return false;
  }
  if (texts.kind === 'newer')
    return refuse(
      'comes from a newer version of the playground. Reload the page to get that version, then open the file again.',
    );
  if (texts.kind === 'damaged') return refuse('contains playground texts, but is damaged or cut off.');
  // Other programs may have inserted line breaks.
  const fragment = content.replace(/\s+/g, '');
  const isOurs = OURS.test(file.name) || (await decodeText(fragment).then(Boolean, () => false));
  if (isOurs) return openText(playground, fragment, 'file');
  if (content.includes('\0')) return refuse('is not a text.');
  await playground.texts.add(typedText(content.replace(/\r\n?/g, '\n')), 'at once');
  return false;
}

type Texts = Extract<TextsFile, { kind: 'texts' }>;

async function openTexts(playground: Playground, { items, unreadable }: Texts): Promise<void> {
  await playground.texts.import(await Promise.all(items.map(withCheckedState)));
  const added = items.length === 1 ? '1 text was added.' : `${items.length} texts were added.`;
  const left =
    unreadable === 1 ? '1 text in the file is damaged.' : `${unreadable} texts in the file are damaged.`;
  playground.notify(unreadable ? `${added} ${left}` : added);
}

/** The item without the file of its saved state, if the file is damaged. */
async function withCheckedState({ entry, text }: Item): Promise<Item> {
  const { start } = text;
  if (!start?.file) return { entry, text };
  const digest = await describeSnapshot(start.file).then(
    (described) => described.digest,
    () => null,
  );
  return { entry, text: digest === start.digest ? text : { ...text, start: { ...start, file: null } } };
}

function fromShared({ model, runs, start, sampling, view }: Shared): TextValue {
  const taught = taughtFromView(view);
  return {
    ...(start && { start: fromSharedStart(start, model) }),
    runs: runs.map(fromSharedRun),
    model,
    generatedFrom: null,
    branches: [],
    origin: origin({ model, sampling: withinRanges(sampling), ...(taught && { taught }) }),
  };
}

function fromSharedStart({ modelName, ...start }: SharedStart, model: ModelRef): Start {
  return { ...start, model: { ...model, name: modelName }, file: null };
}

function fromSharedRun(run: SharedRun): Run {
  if (run.source === 'typed') return { ...run, tokens: null };
  return { ...run, records: unknownRecords(run.tokens.ids) };
}

function origin(claim: Origin['claim']): Origin {
  return { claim, isKnown: false };
}
