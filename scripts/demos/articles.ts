import type { Model } from '../../src/model/runtime/folder';
import { readBytes } from '../node';

/** The beginning of an article. */
export interface Article {
  readonly title: string;
  readonly text: string;
  /** Token ids of `<|endoftext|>` and the text. */
  readonly ids: readonly number[];
  /** The text of each of these tokens; that of the first is empty. */
  readonly words: readonly string[];
}

/**
 * The articles of a shard of token ids (uint16, with `<|endoftext|>` before each article), which
 * `python -m leapformer prepare` writes, up to the last sentence that ends within `length` tokens.
 */
export function readArticles(model: Model, shard: string, length: number): Article[] {
  const { config, tokenizer } = model;
  const all = Array.from(new Uint16Array(readBytes(shard)));
  const starts = [...all.keys()].filter((at) => all[at] === config.bosTokenId);
  return starts.map((start, n) => {
    const ids = all.slice(start + 1, Math.min(starts[n + 1] ?? all.length, start + length));
    return articleOf(model, wholeSentences(tokenizer.decode(ids)));
  });
}

/** The text up to the end of the sentence with the token. */
export function endAfter({ text, words }: Article, token: number): string {
  const from = words.slice(0, token + 1).join('').length;
  const rest = /^.*?[.!?]["”’)]?(?=\s|$)/su.exec(text.slice(from));
  return text.slice(0, from) + (rest?.[0] ?? '');
}

function articleOf({ config, tokenizer }: Model, text: string): Article {
  const { ids, lengths } = tokenizer.encode(text);
  const words = [''];
  let at = 0;
  for (const length of lengths) {
    words.push(text.slice(at, at + length));
    at += length;
  }
  const title = /^= (.*) =/.exec(text)?.[1] ?? '';
  return { title, text, ids: [config.bosTokenId, ...ids], words };
}

function wholeSentences(text: string): string {
  return /^.*[.!?]["”’)]?(?=\s)/su.exec(text)?.[0] ?? text;
}
