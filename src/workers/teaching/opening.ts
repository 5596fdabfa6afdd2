import type { Adapter } from '../../model/finetuning/adapter';
import type { Learner } from '../../model/finetuning/learner';
import { EngineError } from '../../model/runtime/errors';
import type { Model } from '../../model/runtime/folder';
import type { Speed } from './estimate';
import type { NamedText } from './messages';

const MEASURED_TOKENS = 128;

/** The tokens of texts, each from `<|endoftext|>` on, and the words of each token. @throws EngineError 'input' */
export async function encodeTexts(
  { config, tokenizer }: Model,
  texts: readonly NamedText[],
): Promise<{ tokens: number[]; pieces: string[] }> {
  const tokens: number[] = [];
  const pieces: string[] = [];
  for (const { name, file } of texts) {
    const text = await readText(name, file);
    const { ids, lengths } = tokenizer.encode(text);
    tokens.push(config.bosTokenId);
    pieces.push('');
    let at = 0;
    for (const [i, id] of ids.entries()) {
      tokens.push(id);
      pieces.push(text.slice(at, at + lengths[i]));
      at += lengths[i];
    }
  }
  return { tokens, pieces };
}

async function readText(name: string, file: Blob): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer());
  } catch (cause) {
    throw new EngineError('input', `${name} is not text in UTF-8.`, 'Save it as plain text in UTF-8.', {
      cause,
    });
  }
}

/** Measures the speed of this device on the beginning of a text. */
export async function measure(learner: Learner, adapter: Adapter, tokens: readonly number[]): Promise<Speed> {
  const count = Math.min(MEASURED_TOKENS, tokens.length - 1);
  if (count < 1) return { score: 0, learn: 0 };
  const [read, targets] = [tokens.slice(0, count), tokens.slice(1, count + 1)];
  const time = async (work: () => Promise<unknown>) => {
    learner.use(adapter);
    learner.restart();
    const started = performance.now();
    await work();
    return (performance.now() - started) / count;
  };
  await time(() => learner.learn(read, targets)); // warms up
  return {
    learn: await time(() => learner.learn(read, targets)),
    score: await time(() => learner.score(read, targets)),
  };
}
