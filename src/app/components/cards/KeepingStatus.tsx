import { useStore } from 'zustand';
import { moment } from '../../format';
import { usePlayground } from '../../playground-context';
import type { Failure } from '../../store/library/outcome';
import { WordedCommand } from '../controls/CommandButton';

const REASONS: Record<Failure, string> = {
  blocked: 'This browser blocks its storage, so your texts last only as long as this tab.',
  full: 'The browser’s storage is full. Free some space on the disk or delete texts.',
  unanswered: 'The browser’s storage does not answer.',
  unreadable: 'What is stored cannot be read.',
  broken: 'The browser’s storage fails.',
};

/** Stands as long as texts cannot be kept, and says what to do. */
export function KeepingStatus() {
  const { texts } = usePlayground();
  const keeping = useStore(texts.store, (state) => state.keeping);
  const isUnsaved = useStore(texts.store, ({ unsaved }) => unsaved.size > 0);
  if (keeping === 'ok') return null;
  return (
    <div className="status" role="status">
      <p>
        {REASONS[keeping.failure]} {isUnsaved ? `Changes since ${moment(keeping.since)} are not saved. ` : ''}
        Saving is tried again by itself.
      </p>
      <WordedCommand command="export" />
      <WordedCommand command="copy" />
    </div>
  );
}
