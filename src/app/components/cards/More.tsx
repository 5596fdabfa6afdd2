import { useSyncExternalStore } from 'react';
import type { EngineInfo } from '../../../workers/messages';
import { PAPER } from '../../address';
import { usePlayground } from '../../playground-context';
import { REPOSITORY } from '../../repository';
import { applyTheme, currentTheme, onTheme } from '../../theme';
import { Choice } from '../controls/Choice';
import { WordedCommand } from '../controls/CommandButton';
import { deviceLabel } from './backend-names';

const THEMES = [
  { value: 'system', name: 'System' },
  { value: 'light', name: 'Light' },
  { value: 'dark', name: 'Dark' },
] as const;

interface Props {
  readonly info: EngineInfo | null;
  readonly isNarrow: boolean;
  onDone(): void;
}

/** Help, demos, theme, paper and source code; in a narrow window also the device and the commands that have no button there. */
export default function More({ info, isNarrow, onDone }: Props) {
  const playground = usePlayground();
  const theme = useSyncExternalStore(onTheme, currentTheme);
  const commands = [
    ...(isNarrow ? (['settings', 'compare', 'redo'] as const) : []),
    'help',
    'demos',
  ] as const;
  return (
    <>
      <ul className="menu">
        {isNarrow && info ? (
          <li>
            <button type="button" className="worded" onClick={() => playground.openCard('device')}>
              {deviceLabel(info)}
            </button>
          </li>
        ) : null}
        {commands.map((id) => (
          <li key={id}>
            <WordedCommand command={id} isMenu onDone={onDone} />
          </li>
        ))}
        <li>
          <a className="worded" href={PAPER} target="_blank" rel="noreferrer">
            Paper: LeaPformer
          </a>
        </li>
        {REPOSITORY ? (
          <li>
            <a className="worded" href={REPOSITORY} target="_blank" rel="noreferrer">
              Source code
            </a>
          </li>
        ) : null}
      </ul>
      <Choice name="Theme" value={theme} options={THEMES} onChange={applyTheme} />
    </>
  );
}
