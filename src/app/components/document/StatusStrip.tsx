import type { ReactNode } from 'react';
import type { ErrorData } from '../../../model/runtime/errors';
import { lastPosition } from '../../../model/text/token-index';
import { count } from '../../format';
import { usePlayground, usePlaygroundState } from '../../playground-context';
import { useUpdate } from '../../updates';
import { KeepingStatus } from '../cards/KeepingStatus';
import { CloseIcon } from '../controls/icons';
import { UnknownModel } from './UnknownModel';

/** The messages above the buttons: progress, notices, and errors with their remedies. */
export function StatusStrip() {
  const playground = usePlayground();
  const problem = usePlaygroundState((state) => state.problem);
  return (
    <>
      <KeepingStatus />
      <UpdateStatus />
      <Notice />
      {problem ? (
        <Problem error={problem} onDismiss={() => playground.dismiss('problem')}>
          <button type="button" className="worded" onClick={() => playground.generate()}>
            Try again
          </button>
        </Problem>
      ) : null}
      <EngineStatus />
      <ReadingStatus />
      <VerifyingStatus />
      <Announcer />
    </>
  );
}

/** Offers a new version of the page. Until the user takes it, the page continues with its own files. */
function UpdateStatus() {
  const open = useUpdate((state) => state.open);
  if (!open) return null;
  return (
    <div className="status" role="status">
      <p>A new version of the page is ready. Your texts stay.</p>
      <button type="button" className="worded" onClick={open}>
        Update
      </button>
      <button type="button" className="worded" onClick={() => useUpdate.setState({ open: null })}>
        Later
      </button>
    </div>
  );
}

export function Notice() {
  const playground = usePlayground();
  const notice = usePlaygroundState((state) => state.notice);
  return notice ? <Message words={notice} onDismiss={() => playground.dismiss('notice')} /> : null;
}

/** A failure to load the model, with its remedy. */
export function EngineStatus() {
  const playground = usePlayground();
  const engine = usePlaygroundState((state) => state.engine);
  if (engine.phase === 'failed')
    return (
      <UnknownModel details={`${engine.error.message} ${engine.error.remedy}`}>
        <Problem error={engine.error}>
          <button type="button" className="worded" onClick={() => playground.load()}>
            Try again
          </button>
        </Problem>
      </UnknownModel>
    );
  if (engine.phase === 'cancelled')
    return (
      <div className="status">
        <p>Model not loaded. You can still read and edit.</p>
        <button type="button" className="worded" onClick={() => playground.load()}>
          Load the model
        </button>
      </div>
    );
  return null;
}

function VerifyingStatus() {
  const work = usePlaygroundState((state) => state.work);
  if (work.phase !== 'verifying') return null;
  const { checked, total } = work;
  return (
    <div className="status late">
      <Progress
        label="Checking the tokens"
        part={total ? checked : null}
        whole={total}
        words={total ? `${count(checked)} of ${count(total)}` : ''}
      />
    </div>
  );
}

const SHORT = 64; // tokens: a shorter text is read too fast for a progress bar

function ReadingStatus() {
  const work = usePlaygroundState((state) => state.work);
  if (work.phase !== 'reading' || (work.total !== null && work.total < SHORT)) return null;
  return (
    <div className="status late">
      <Progress
        label="Reading your text"
        part={work.total === null ? null : work.read}
        whole={work.total}
        words={
          work.total === null
            ? ''
            : `${count(lastPosition(work.read))} of ${count(lastPosition(work.total))} tokens`
        }
      />
    </div>
  );
}

interface ProgressProps {
  readonly label: string;
  readonly part: number | null;
  readonly whole: number | null;
  readonly words: string;
}

function Progress({ label, part, whole, words }: ProgressProps) {
  return (
    <div className="progress">
      <p>
        {label} <span className="progress-amount">{words}</span>
      </p>
      <progress aria-label={label} {...(part !== null && whole ? { value: part, max: whole } : {})} />
    </div>
  );
}

function Problem({
  error,
  onDismiss,
  children,
}: {
  error: ErrorData;
  onDismiss?: () => void;
  children: ReactNode;
}) {
  return (
    <div className="status problem" role="alert">
      <p>
        <b>{error.message}</b> {error.remedy}
      </p>
      {children}
      {onDismiss ? <Dismiss onDismiss={onDismiss} /> : null}
    </div>
  );
}

function Message({ words, onDismiss }: { words: string; onDismiss(): void }) {
  return (
    <div className="status">
      <p>{words}</p>
      <Dismiss onDismiss={onDismiss} />
    </div>
  );
}

function Dismiss({ onDismiss }: { onDismiss(): void }) {
  return (
    <button type="button" className="quiet-button" aria-label="Dismiss" onClick={onDismiss}>
      <CloseIcon />
    </button>
  );
}

/** Announces to screen readers: the start, each finished sentence and the end of a generation, but not single tokens. */
function Announcer() {
  const announcement = usePlaygroundState((state) => state.announcement);
  return (
    <p className="for-listeners" role="status">
      {announcement}
    </p>
  );
}
