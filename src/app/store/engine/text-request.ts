import { EngineError } from '../../../model/runtime/errors';
import type { Run } from '../../../model/text/text';
import type { RequestRun, RequestText } from '../../../workers/request-run';
import type { TextValue } from '../document/text-value';

/** A text in the form of a request. @throws EngineError 'input' if this browser does not have the text's saved state */
export function textRequest(text: Pick<TextValue, 'start' | 'runs'>): RequestText {
  return { start: fileOf(text), runs: text.runs.map(requestRun) };
}

/** The file of the saved state that a text continues from; undefined if it has none. @throws EngineError 'input' */
export function fileOf({ start }: Pick<TextValue, 'start'>): Uint8Array | undefined {
  if (start && !start.file)
    throw new EngineError(
      'input',
      'The saved state of this text is not here.',
      `Open the file ${start.name}.`,
    );
  return start?.file ?? undefined;
}

function requestRun({ text, tokens }: Run): RequestRun {
  return tokens ? { ids: tokens.ids } : { text };
}
