import { makeRecords, type TokenRecord } from '../../../model/sampling/records';
import { appendSampled } from '../../../model/text/text';
import { TokenIndex } from '../../../model/text/token-index';
import { StreamingDecoder, tokenBytes, type Vocabulary } from '../../../model/text/vocabulary';
import { keepBranch } from './branches';
import { lengthOf, type TextValue } from './text-value';

/**
 * The text up to token `number`, followed by one of the alternatives in its record. The new token counts as sampled, because
 * the model proposed it, but its settings are unknown, because the user chose it.
 */
export function withChoice(
  value: TextValue,
  number: number,
  record: TokenRecord,
  alternative: number,
  vocabulary: Vocabulary,
): TextValue {
  const index = new TokenIndex(value.runs);
  const before = index.before(number);
  const { alternatives } = record;
  const { id, logProbability, probability } = alternatives[alternative];
  const decoder = new StreamingDecoder((n) => tokenBytes(vocabulary, n), index.ids(0, number));
  const text = decoder.push(id);
  const records = makeRecords([{ id, logProbability, rank: alternative + 1, probability, alternatives }]);
  const runs = appendSampled(before, {
    text,
    records,
    sampling: null,
    tokens: { ids: Uint32Array.of(id), lengths: Uint32Array.of(text.length) },
  });
  return { ...keepBranch(value), runs, generatedFrom: lengthOf(before) };
}
