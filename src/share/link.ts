import { EngineError } from '../model/runtime/errors';
import { decodeBody, encodeBody, versionOf } from './body';
import { damaged } from './bytes';
import { inflateBody, open, seal } from './container';
import { normalize, type Shared, textOf } from './shared';

/**
 * The fragment of a link (the part after #): a text with its tokens and their sources, the sampler settings, and the
 * view. docs/links.md has the format.
 */

const NEWEST = 3;

/** Characters of a whole link. Some programs cut off longer links, so the page offers a file instead. */
export const LINK_LIMIT = 8000;

export function isTooLong(link: string): boolean {
  return link.length > LINK_LIMIT;
}

/** Characters of a link in a QR code. The code of a longer link has modules too small for the camera of a phone. */
const QR_LIMIT = 1000;

export function fitsQrCode(link: string): boolean {
  return link.length <= QR_LIMIT;
}

/** A link of a newer version: only its text can be read. */
export class NewerLinkError extends EngineError {
  readonly text: string;

  constructor(text: string) {
    super(
      'input',
      'A newer version of the playground made this link, so only its text can be shown.',
      'Reload the page to get the newest version.',
    );
    this.text = text;
  }
}

/**
 * Equal values (see normalize) have equal fragments.
 * @throws EngineError 'input' with the reason if the text cannot be shared.
 */
export async function encodeLink(shared: Shared): Promise<string> {
  const normal = normalize(shared);
  return seal({ version: versionOf(normal), text: textOf(normal), body: encodeBody(normal) });
}

/**
 * Reads an untrusted fragment. The result is valid and in normal form.
 * @throws NewerLinkError with the text; EngineError 'input' if the link is damaged.
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
