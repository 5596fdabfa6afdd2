import type { Adapter } from '../../model/finetuning/adapter';
import { type Learner, SEGMENT } from '../../model/finetuning/learner';
import type { Model } from '../../model/runtime/folder';
import { ARTICLE_BREAK } from '../../model/text/text';

/** Nats per token of encyclopedia prose that ships with the page and that no lesson reads. */
export interface Forgetting {
  readonly base: number;
  readonly taught: number;
}

/** Articles, with ARTICLE_BREAK between them (encyclopedia/README.md). */
export const readProse = async () => (await import('./encyclopedia/prose.txt?raw')).default;

/** The loss of the base and of the taught model on prose. @throws EngineError 'cancelled' on abort */
export async function measureForgetting(
  learner: Learner,
  { config, tokenizer }: Model,
  adapter: Adapter,
  prose: string,
  signal: AbortSignal,
): Promise<Forgetting> {
  const tokens = prose
    .split(ARTICLE_BREAK)
    .flatMap((article) => [config.bosTokenId, ...tokenizer.encode(article.trimStart()).ids]);
  const loss = async (scale: number) => {
    learner.use({ ...adapter, scale });
    learner.restart();
    let sum = 0;
    for (let at = 0; at < tokens.length - 1; at += SEGMENT) {
      const to = Math.min(at + SEGMENT, tokens.length - 1);
      const { nats } = await learner.score(tokens.slice(at, to), tokens.slice(at + 1, to + 1), signal);
      sum += nats;
    }
    return sum / (tokens.length - 1);
  };
  return { base: await loss(0), taught: await loss(adapter.scale) };
}
