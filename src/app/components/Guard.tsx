import { Component, type ReactNode, useState } from 'react';
import { usePlayground } from '../playground-context';
import type { Playground } from '../store/playground';
import { PartProblem } from './PartProblem';

/** A part of the page, to those who must do without it. */
export interface Part {
  /** The subject of the sentence that says that it failed. */
  readonly name: string;
  /** It opens over the page. */
  readonly isOver?: boolean;
  /** Its failure is not worth a message. */
  readonly isSilent?: boolean;
  close?(playground: Playground): void;
}

/** The code of a part did not arrive: no defect of the part, and the browser itself names the file in the console. */
export class NotLoaded extends Error {}

interface GuardProps {
  readonly part: Part;
  readonly children: ReactNode;
  /** Before the children are rendered again. */
  onAgain?(): void;
  /** Stands below the message. */
  meanwhile?(): ReactNode;
}

/** Keeps an error within the part of the page that threw it: its place says so, and offers to try again. */
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
  /** Stands in place of children that threw; `again` renders them once more. */
  fallback(error: unknown, again: () => void): ReactNode;
}

/** Catches what its children throw while they render. */
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
