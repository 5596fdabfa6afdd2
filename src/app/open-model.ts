import { EngineError } from '../model/runtime/errors';
import type { PathFile } from '../workers/dropped-model';
import { takeModel } from '../workers/own-models-client';
import { chooseModel } from './address';
import { pickFiles } from './files';
import { isHere } from './models';
import { remember } from './own-models';
import type { Playground } from './store/playground';

/** Checks the files of a model, keeps it, and loads it. An error is a notice, and the loaded model stays. */
export async function openModel(playground: Playground, dropped: readonly PathFile[]): Promise<void> {
  playground.notify('Checking the files of the model …');
  try {
    const own = await takeModel(dropped);
    remember(own);
    const { digest, name } = own.manifest;
    chooseModel(digest);
    playground.load();
    const where = own.isKept
      ? 'This browser keeps it, also without a network.'
      : 'This browser does not keep it (a private window, or storage that is full or denied), so drop it again on the next visit.';
    playground.notify(
      [`${name} passed the check.`, await wroteAnother(playground, digest), where, 'Nothing is uploaded.']
        .filter(Boolean)
        .join(' '),
    );
  } catch (thrown) {
    const { message, remedy } = EngineError.from(thrown);
    playground.notify(`${message.slice(0, LONGEST)} ${remedy} The loaded model and your text are unchanged.`);
  }
}

/** The commands that open a model of the user. */
export const OPEN_OWN = [
  { what: 'files', name: 'Open your own model …' },
  { what: 'folder', name: 'Open the folder of your own model …' },
] as const;

/** Lets the user pick the files of a model or a zip, or its folder. */
export function pickModel(playground: Playground, what: (typeof OPEN_OWN)[number]['what']): void {
  const open = (files: readonly File[]) => {
    const dropped = files.map((file) => ({ path: file.webkitRelativePath || file.name, file }));
    if (dropped.length) void openModel(playground, dropped);
  };
  pickFiles(open, what === 'folder' ? { webkitdirectory: true } : { multiple: true });
}

const LONGEST = 400; // characters of an error, which may name a tensor of the file

/** A sentence if another model, which is not here, wrote the text that is shown. */
async function wroteAnother({ text: { model } }: Playground, digest: string): Promise<string> {
  if (!model || model.digest === digest || (await isHere(model.digest))) return '';
  return `It did not write this text: that was ${model.id} (SHA-256 ${model.digest.slice(0, 8)}…).`;
}
