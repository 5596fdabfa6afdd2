import type { Manifest, TaughtFrom } from '../../../model/runtime/folder';
import type { View } from '../../../share/shared';

/** A link to the text of a taught model names its base and its adapter, in the view. */

const DIGEST = /^[0-9a-f]{64}$/;
const ID = /^[\w-][\w.-]{0,99}$/;

export function taughtToView({ taught }: Pick<Manifest, 'taught'>): View {
  if (!taught) return {};
  return { taughtBase: taught.base.digest, taughtBaseId: taught.base.id, taughtAdapter: taught.adapter };
}

/** Null if the view names none. */
export function taughtFromView({ taughtBase, taughtBaseId, taughtAdapter }: View): TaughtFrom | null {
  const isText = (value: unknown, form: RegExp): value is string =>
    typeof value === 'string' && form.test(value);
  if (!isText(taughtBase, DIGEST) || !isText(taughtAdapter, DIGEST) || !isText(taughtBaseId, ID)) return null;
  return { base: { id: taughtBaseId, digest: taughtBase }, adapter: taughtAdapter };
}
