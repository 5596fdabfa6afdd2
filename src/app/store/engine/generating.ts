import type { StoreApi } from 'zustand/vanilla';
import type { EngineClient } from '../../../workers/client';
import type { EngineInfo, GenerateResult } from '../../../workers/messages';
import { keepBranch, keepUndone } from '../document/branches';
import { amend } from '../document/history';
import { beforeGeneration, lengthOf } from '../document/text-value';
import { samplingOf } from '../settings/settings';
import type { PlaygroundState } from '../state';
import { adoptText } from './adopt-text';
import { DocumentWriter, type Generation } from './document-writer';
import { textRequest } from './text-request';

export interface GenerateOptions {
  readonly from?: 'end' | 'last generation';
  /** Number of tokens before the branch point. */
  readonly branchAt?: number;
  /** The generated text belongs to the last step of the history. */
  readonly amends?: boolean;
}

/** The functions of the page that generation needs. */
export interface PageHost {
  /** Resolves when the page can render the next change. */
  nextFrame(): Promise<void>;
  randomSeed(): number;
}

/** Tokens per second that a reader of the lens can follow. */
export const READABLE = 20;

/** The limit in tokens per second; 0: none. An open lens slows the text further, unless the user has turned that off. */
function speedLimit({ settings, panel, isPaced }: PlaygroundState): number {
  const limit = settings.tokensPerSecond;
  return panel === 'lens' && isPaced ? Math.min(limit || READABLE, READABLE) : limit;
}

/** Generates text and writes it into the document. */
export async function write(
  store: StoreApi<PlaygroundState>,
  host: PageHost,
  maxTokens: number,
  how: GenerateOptions,
  mine: Generation,
  info: EngineInfo,
  engine: EngineClient,
): Promise<void> {
  store.setState({ work: { phase: 'reading', read: 0, total: null } });
  const writer = begin(store, host, maxTokens, mine, info, how);
  const { atArticleEnd, stopSequences } = store.getState().settings;
  const tokensPerSecond = speedLimit(store.getState());
  const request = () => {
    writer.flush();
    return {
      ...textRequest(writer.text),
      sampling: writer.sampling,
      maxTokens: maxTokens - writer.count,
      atArticleEnd,
      stopSequences,
      tokensPerSecond,
      ...(how.branchAt !== undefined && { branchAt: how.branchAt }),
    };
  };
  const result = await engine.generate(request, (event) => writer.take(event), mine.controller.signal);
  writer.flush();
  if (mine.closed) return;
  if (writer.count) keepWritten(store);
  const { figures } = result;
  const announcement = `${writer.sentences.rest()} ${conclusion(result, writer.count)}`.trim();
  store.setState({ figures, announcement });
}

/** Chooses the text to continue, and prepares the document for it. */
function begin(
  store: StoreApi<PlaygroundState>,
  host: PageHost,
  maxTokens: number,
  mine: Generation,
  { manifest }: EngineInfo,
  { from, amends = false }: GenerateOptions,
): DocumentWriter {
  const { history } = store.getState();
  if (history) store.setState({ history: keepUndone(history) });
  const present = adoptText(store, manifest);
  const state = store.getState();
  const base =
    from !== 'last generation' || present.generatedFrom === null
      ? {
          ...present,
          generatedFrom: lengthOf(present.runs),
          generatedTokens: maxTokens === state.settings.length ? undefined : maxTokens,
        }
      : beforeGeneration(keepBranch(present));
  const seed = state.settings.randomSeed ? host.randomSeed() : state.settings.seed;
  const settings = { ...state.settings, seed };
  store.setState({ settings });
  return new DocumentWriter(base, samplingOf(settings, manifest), amends, mine, store, host.nextFrame);
}

/** Keeps the generated text as a branch, so that later changes do not lose it. */
export function keepWritten(store: StoreApi<PlaygroundState>): void {
  const { history } = store.getState();
  if (history) store.setState({ history: amend(history, keepBranch(history.present)) });
}

function conclusion({ reason }: GenerateResult, count: number): string {
  const amount = count === 1 ? '1 token' : `${count} tokens`;
  if (reason === 'article-end') return `${amount} written. The article ends here.`;
  if (reason === 'stop-sequence') return `${amount} written, up to a stop sequence.`;
  return reason === 'stopped' ? `Stopped after ${amount}.` : `${amount} written.`;
}
