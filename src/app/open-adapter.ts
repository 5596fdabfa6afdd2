import { EngineError } from '../model/runtime/errors';
import { findAdapter, type PathFile } from '../workers/dropped-model';
import { digestOf, strengthOf, type TaughtModel, TeacherClient } from '../workers/teaching/teach-client';
import { chooseModel } from './address';
import { sourceOfDigest } from './models';
import { openText } from './store/links/sharing';
import type { Playground } from './store/playground';
import { rememberTaught } from './taught-models';

/** Whether dropped files are those of an adapter. */
export function isAdapter(files: readonly PathFile[]): Promise<boolean> {
  return findAdapter(files).then(
    (found) => found !== null,
    () => false, // a damaged zip: opening it as a model names the fault
  );
}

/** Opens the text beside an adapter, checks the adapter, keeps it, and loads it with its base. An error is a notice, and the loaded model stays. */
export async function openAdapter(playground: Playground, dropped: readonly PathFile[]): Promise<void> {
  const client = new TeacherClient();
  try {
    const { files, text } = (await findAdapter(dropped))!;
    if (text) await openText(playground, await text.text(), 'file');
    const { engine } = playground.store.getState();
    const loaded = engine.phase === 'ready' ? engine.info.manifest.digest : null;
    const wanted = (await client.baseDigest(files)) ?? loaded;
    if (!wanted)
      throw new EngineError(
        'input',
        'The adapter does not name its base model.',
        'Load the model that it was made from, and drop the adapter again.',
      );
    const base = await sourceOfDigest(wanted).catch(() => {
      throw new EngineError(
        'input',
        `The adapter belongs to the model with the SHA-256 ${wanted}, which is not here.`,
        'Drop the folder of that model first.',
      );
    });
    const name = dropped[0].path.replace(/\/.*|(\.adapter|\.leapformer)?\.\w+$/g, '') || 'Adapter';
    const taught = await client.importAdapter(files, base, name);
    rememberTaught(taught);
    chooseModel(await digestToLoad(taught.model, playground));
    playground.load();
    playground.notify(
      `${taught.model.name} is open: an adapter of ${taught.model.base.name}. Nothing is uploaded.`,
    );
  } catch (thrown) {
    const { message, remedy } = EngineError.from(thrown);
    playground.notify(`${message} ${remedy} The loaded model and your text are unchanged.`);
  } finally {
    client.dispose();
  }
}

/** The digest at the strength that wrote the shown text, or at the full strength. */
async function digestToLoad(model: TaughtModel, { text }: Playground): Promise<string> {
  const wrote = text.model?.digest;
  return wrote && (await strengthOf(model, wrote)) !== null ? wrote : digestOf(model, model.strength);
}
