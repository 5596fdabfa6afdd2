import { EngineError } from '../model/runtime/errors';
import { decodeBody, encodeBody, versionOf } from './body';
import { damaged } from './bytes';
import { inflateBody, open, seal } from './container';
import { normalize, type Shared, textOf } from './shared';

/**
 * The fragment of a link (what stands after its #): a text with its tokens and where they come from, the settings
 * that they were drawn with, and what is shown. docs/links.md has the format.
 */

const NEWEST = 2;

/** Characters of a whole link up to which programs hand it on unharmed; a longer one is better saved as a file. */
export const LINK_LIMIT = 8000;

export function isTooLong(link: string): boolean {
  return link.length > LINK_LIMIT;
}

/** A link of a version that is yet to come: its text can be read, what else it says cannot. */
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
 * What says the same (see normalize) has the same fragment.
 * @throws EngineError 'input' when it cannot be shared, and why.
 */
export async function encodeLink(shared: Shared): Promise<string> {
  const normal = normalize(shared);
  return seal({ version: versionOf(normal), text: textOf(normal), body: encodeBody(normal) });
}

/**
 * Reads a fragment, from whomever it comes: what it returns is valid and in normal form.
 * @throws NewerLinkError with the text; EngineError 'input' when it is not a whole link.
 */
export async function decodeLink(fragment: string): Promise<Shared> {
  const { version, text, body } = await open(fragment);
  if (version > NEWEST) throw new NewerLinkError(text);
  const bytes = await inflateBody(body);
  try {
    const shared = decodeBody(bytes, text);
    if (version !== versionOf(shared)) throw damaged();
    return shared;
  } catch (cause) {
    throw damaged(cause);
  }
}
