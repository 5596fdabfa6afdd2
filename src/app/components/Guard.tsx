import { Component, type ReactNode, useState } from 'react';
import { usePlayground } from '../playground-context';
import type { Playground } from '../store/playground';
import { PartProblem } from './PartProblem';

/** A part of the page, as the error boundary around it describes it. */
export interface Part {
  /** The subject of the error sentence. */
  readonly name: string;
  /** It opens over the page. */
  readonly isOver?: boolean;
  /** Its failure shows no message. */
  readonly isSilent?: boolean;
  close?(playground: Playground): void;
}

/** The code of a part did not load. The browser logs the file, so the page does not log this error. */
export class NotLoaded extends Error {}

interface GuardProps {
  readonly part: Part;
  readonly children: ReactNode;
  /** Called before the children render again. */
  onAgain?(): void;
  /** Content below the message. */
  meanwhile?(): ReactNode;
}

/** Contains an error in the part of the page that threw it, and shows a message with a button to try again. */
export function Guard({ part, children, onAgain, meanwhile }: GuardProps) {
  const playground = usePlayground();
  const [attempts, setAttempts] = useState(1);
  const { name, close } = part;
  return (
    <Boundary
      fallback={(error, again) => (
        <>
          <PartProblem
            {...part}
            sentence={error instanceof NotLoaded ? error.message : `${name} stopped working.`}
            offersReload={attempts > 1}
            onAgain={() => {
              setAttempts(attempts + 1);
              onAgain?.();
              again();
            }}
            onClose={close && (() => close(playground))}
          />
          {meanwhile?.()}
        </>
      )}
    >
      {children}
    </Boundary>
  );
}

interface BoundaryProps {
  readonly children: ReactNode;
  /** Replaces children that threw; `again` renders them again. */
  fallback(error: unknown, again: () => void): ReactNode;
}

/** Catches errors that its children throw while they render. */
export class Boundary extends Component<BoundaryProps, { readonly failure: { error: unknown } | null }> {
  override state: { readonly failure: { error: unknown } | null } = { failure: null };

  static getDerivedStateFromError(error: unknown) {
    return { failure: { error } };
  }

  override render() {
    const { failure } = this.state;
    if (!failure) return this.props.children;
    return this.props.fallback(failure.error, () => this.setState({ failure: null }));
  }
}
