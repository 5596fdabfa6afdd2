/** What a notice is about: a notice about the text disappears when another text is shown. */
export type NoticeSubject = 'text' | 'page';

export interface NoticeState {
  /** An event that needs no answer, in a sentence; null: nothing is shown. */
  readonly notice: string | null;
  readonly noticeAbout: NoticeSubject;
}

export function notify(
  store: { setState(state: NoticeState): void },
  notice: string,
  noticeAbout: NoticeSubject,
): void {
  store.setState({ notice, noticeAbout });
}

/** The notice, unless it is about the text. */
export function withoutTextNotice({ notice, noticeAbout }: NoticeState): Pick<NoticeState, 'notice'> {
  return { notice: noticeAbout === 'text' ? null : notice };
}
