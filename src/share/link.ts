import { EngineError } from '../model/runtime/errors';
import { decodeBody, encodeBody, versionOf } from './body';
import { damaged } from './bytes';
import { inflateBody, open, seal } from './container';
import { normalize, type Shared, textOf } from './shared';

/**
 * The fragment of a link (the part after #): a text with its tokens and their sources, the settings that they were sampled
 * with, and the view. docs/links.md has the format.
 */

const NEWEST = 2;

/** The longest link, in characters, that most programs pass on unharmed. Save a longer one as a file. */
export const LINK_LIMIT = 8000;

export function isTooLong(link: string): boolean {
  return link.length > LINK_LIMIT;
}

/** A link of a later version: only its text can be read. */
export class NewerLinkError extends EngineError {
  readonly text: string;

  constructor(text: string) {
    super(
      'input',
      'This link was made by a newer version of the playground: only its text can be shown.',
      'Reload the page to get the newest version.',
    );
    this.text = text;
  }
}

/**
 * Equal values (see normalize) have the same fragment.
 * @throws EngineError 'input' with the reason if it cannot be shared.
 */
export async function encodeLink(shared: Shared): Promise<string> {
  const normal = normalize(shared);
  return seal({ version: versionOf(normal), text: textOf(normal), body: encodeBody(normal) });
}

/**
 * Reads a fragment from an untrusted source. The value that it returns is valid and in normal form.
 * @throws NewerLinkError with the text; EngineError 'input' if it is not a whole link.
 */
export async function decodeLink(fragment: string): Promise<Shared> {
  const { version, text, body } = await open(fragment);
  if (version > NEWEST) throw new NewerLinkError(text);
  const bytes = await inflateBody(body);
  try {
    return decodeBody(bytes, text, version);
  } catch (cause) {
    throw damaged(cause);
  }
}
