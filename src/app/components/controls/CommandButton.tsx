import type { ReactNode } from 'react';
import { type CommandId, commandOf, runCommand } from '../../commands';
import { keysOf, tipOf } from '../../keyboard/labels';
import { usePlayground, usePlaygroundState } from '../../playground-context';
import { Keys } from './Keys';

/** A button with an icon or a short word that runs a command. */
export function CommandButton({
  command: id,
  children,
  className = 'quiet-button',
  ...expansion
}: {
  command: CommandId;
  children: ReactNode;
  className?: string;
  'aria-expanded'?: boolean;
}) {
  const playground = usePlayground();
  const command = commandOf(id);
  const isOff = usePlaygroundState((state) => command.isOff?.(state) ?? false);
  return (
    <button
      type="button"
      className={className}
      aria-label={command.name}
      data-tip={tipOf(command)}
      aria-disabled={isOff}
      {...expansion}
      onClick={() => runCommand(command, playground)}
    >
      {children}
    </button>
  );
}

interface WordedProps {
  readonly command: CommandId;
  /** Shows the shortcut beside the name instead of in a tooltip. */
  readonly isMenu?: boolean;
  /** Runs first, to close the card around the button. */
  onDone?(): void;
}

/** A button with the command's name. */
export function WordedCommand({ command: id, isMenu, onDone }: WordedProps) {
  const playground = usePlayground();
  const command = commandOf(id);
  const isOff = usePlaygroundState((state) => command.isOff?.(state) ?? false);
  const act = () => {
    onDone?.();
    runCommand(command, playground);
  };
  return (
    <button
      type="button"
      className="worded"
      data-tip={isMenu ? undefined : tipOf(command)}
      disabled={isOff}
      onClick={act}
    >
      {command.name}
      {isMenu ? (
        <span aria-hidden="true">
          <Keys keys={keysOf(command)} />
        </span>
      ) : null}
    </button>
  );
}
