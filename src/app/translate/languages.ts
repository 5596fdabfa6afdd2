import type { Direction } from '../../model/text/simultaneous';

export const LANGUAGES: Readonly<Record<Direction, { readonly name: string; readonly lang: string }>> = {
  'en-de': { name: 'German', lang: 'de' },
  'en-fr': { name: 'French', lang: 'fr' },
};
