import { useStore } from 'zustand';
import { moment } from '../../format';
import { usePlayground } from '../../playground-context';
import type { Failure } from '../../store/library/outcome';
import { WordedCommand } from '../controls/CommandButton';

const REASONS: Record<Failure, string> = {
  blocked: 'This browser blocks storage, so your texts last only until you close this tab.',
  full: 'The browser’s storage is full. Free disk space or delete texts.',
  unanswered: 'The browser’s storage does not answer.',
  unreadable: 'The stored texts cannot be read.',
  broken: 'The browser’s storage failed.',
};

/** Shown while texts cannot be saved: the reason and the remedy. */
export function KeepingStatus() {
  const { texts } = usePlayground();
  const keeping = useStore(texts.store, (state) => state.keeping);
  const isUnsaved = useStore(texts.store, ({ unsaved }) => unsaved.size > 0);
  if (keeping === 'ok') return null;
  return (
    <div className="status" role="status">
      <p>
        {REASONS[keeping.failure]} {isUnsaved ? `Changes since ${moment(keeping.since)} are not saved. ` : ''}
        The page keeps trying to save.
      </p>
      <WordedCommand command="export" />
      <WordedCommand command="copy" />
    </div>
  );
}
