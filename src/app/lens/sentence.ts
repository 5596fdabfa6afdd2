import { isDecayed, NOTABLE, points, type Reading, type SeenWord } from './reading';

/** Words of the text are marked in the sentence, so that the page can point at them. */
export type Phrase = string | SeenWord;

const MOSTLY = 0.5;
const CITED = 0.1; // least share of a word that the sentence names
const SECOND = 0.05; // least share of the second word

/**
 * What a head does at a token, in plain words.
 * @param head its name: “head 3.3”, “the average of all 48 heads”
 */
export function sentence(reading: Reading, head: string): readonly Phrase[] {
  const { name, part, words, start, earlier, span, isSilent, measure } = reading;
  const read = part === null ? `“${name}”` : `“${part}” of “${name}”`;
  if (isSilent) return [`${capital(head)} ignores ${read} here.`];
  if (measure === 'output') return output(reading, read, head);
  const before = `Reading ${read}, ${head} `;
  if (earlier >= MOSTLY)
    return [`${before}looks mostly at the text before token ${start} (${points(earlier)}).`];
  const [first, second] = words;
  if (!first || first.share < CITED)
    return [`${before}spreads evenly over about ${Math.max(1, Math.round(span))} tokens.`];
  if (first.back === 0 && first.share >= MOSTLY)
    return [`${before}looks mostly at itself (${points(first.share)}).`, ...effects(reading, first)];
  const others = [first, second].filter((word) => word && word.back > 0 && word.share >= SECOND);
  const cited = others.filter((word) => word.share >= first.share / 4);
  if (first.back === 0) {
    const also = cited.length ? [', and back at ', ...list(cited), `, ${distance(cited)} earlier`] : [];
    return [`${before}looks at itself (${points(first.share)})`, ...also, '.', ...effects(reading, first)];
  }
  return [
    `${before}looks back at `,
    ...list(cited),
    `, ${distance(cited)} earlier.`,
    ...effects(reading, first),
  ];
}

/** The effect of proportions and decay on the share of a word. */
function effects({ proportions, start, hasDecay }: Reading, word: SeenWord): string[] {
  const { similarity, reweighted, share } = word;
  const named = word.back === 0 ? 'its own share' : `“${word.name}”`;
  const said: string[] = [];
  if (proportions !== 'none') {
    const by = proportions === 'learned' ? 'Learned proportions' : 'Proportions by position';
    const change = reweighted - similarity;
    said.push(
      Math.abs(change) < NOTABLE
        ? ` ${by} leave ${named} at ${points(reweighted)}.`
        : ` ${by} ${change > 0 ? 'raise' : 'lower'} ${named} from ${points(similarity)} to ${points(reweighted)}.`,
    );
  }
  if (isDecayed(word)) {
    const by = hasDecay ? (start > 0 ? 'Decay and earlier text' : 'Decay') : 'Earlier text';
    const verb = `${share > reweighted ? 'raise' : 'lower'}${by.includes(' and ') ? '' : 's'}`;
    const from = said.length ? '' : `${named} from ${points(reweighted)} `;
    said.push(` ${by} ${verb} ${from || 'it '}to ${points(share)}.`);
  }
  return said;
}

function output({ words }: Reading, read: string, head: string): readonly Phrase[] {
  const [first, second] = words;
  if (!first || first.share < CITED) return [`No word alone makes the output of ${head} at ${read}.`];
  const cited = [first, second].filter((word) => word && word.share >= Math.max(SECOND, first.share / 4));
  return [`The output of ${head} at ${read} comes mostly from `, ...list(cited), '.'];
}

function list([first, second]: readonly SeenWord[]): Phrase[] {
  return second ? [first, ' and ', second] : [first];
}

function distance(words: readonly SeenWord[]): string {
  const near = Math.min(...words.map(({ back }) => back));
  const far = Math.max(...words.map(({ back }) => back));
  if (near < far) return `${near} to ${far} tokens`;
  return far === 1 ? '1 token' : `${far} tokens`;
}

/** The sentence as plain text. */
export function plainSentence(phrases: readonly Phrase[]): string {
  return phrases.map((phrase) => (typeof phrase === 'string' ? phrase : phrase.name)).join('');
}

function capital(words: string): string {
  return words[0].toUpperCase() + words.slice(1);
}
