import { useSyncExternalStore } from 'react';
import { applyTheme, currentTheme, NEXT_THEME, onTheme, type Theme } from '../../theme';
import { DarkIcon, LightIcon, SystemIcon } from './icons';

const LABELS: Record<Theme, string> = { system: 'System', light: 'Light', dark: 'Dark' };
const ICONS = { system: SystemIcon, light: LightIcon, dark: DarkIcon };

export function ThemeToggle() {
  const theme = useSyncExternalStore(onTheme, currentTheme);
  const Icon = ICONS[theme];
  const next = NEXT_THEME[theme];
  const label = `Theme: ${LABELS[theme]}. Switch to ${LABELS[next]}`;
  return (
    <button
      type="button"
      className="quiet-button"
      aria-label={label}
      data-tip={label}
      onClick={() => applyTheme(next)}
    >
      <Icon />
    </button>
  );
}
