import type { ReactNode } from 'react';
import { type CommandId, commandOf, runCommand } from '../../commands';
import { tipOf } from '../../keyboard/labels';
import { usePlayground, usePlaygroundState } from '../../playground-context';

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

/** A button with the command's name. `onDone` runs first, to close the card around it. */
export function WordedCommand({ command: id, onDone }: { command: CommandId; onDone?(): void }) {
  const playground = usePlayground();
  const command = commandOf(id);
  const isOff = usePlaygroundState((state) => command.isOff?.(state) ?? false);
  const act = () => {
    onDone?.();
    runCommand(command, playground);
  };
  return (
    <button type="button" className="worded" data-tip={tipOf(command)} disabled={isOff} onClick={act}>
      {command.name}
    </button>
  );
}
