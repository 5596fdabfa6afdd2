import type { StoreApi } from 'zustand/vanilla';
import type { PlaygroundState } from '../state';

/** What a notice is about: one about the text goes when another text is shown. */
export type NoticeSubject = 'text' | 'page';

export function notify(store: StoreApi<PlaygroundState>, words: string, about: NoticeSubject): void {
  store.setState({ notice: words, noticeAbout: about });
}

/** What was said of a text that is shown no longer. */
export function withoutTextNotice({ notice, noticeAbout }: PlaygroundState): Pick<PlaygroundState, 'notice'> {
  return { notice: noticeAbout === 'text' ? null : notice };
}
