import { tokenBytes, type Vocabulary } from '../../model/text/vocabulary';

const MARK = /^[\s=]*[\n=][\s=]*$/;

/** Ids of the tokens that give a text structure: the start, line breaks, and the signs of headings. */
export function markIds(vocabulary: Vocabulary, start: number): number[] {
  const decoder = new TextDecoder();
  const ids = [start];
  for (let id = 0; id + 1 < vocabulary.starts.length; id++)
    if (id !== start && MARK.test(decoder.decode(tokenBytes(vocabulary, id)))) ids.push(id);
  return ids;
}
