import { useState } from 'react';
import { applyTheme, currentTheme, type Theme } from '../theme';
import { DarkIcon, LightIcon, SystemIcon } from './icons';

const NEXT: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' };
const LABELS: Record<Theme, string> = { system: 'as the system', light: 'light', dark: 'dark' };
const ICONS = { system: SystemIcon, light: LightIcon, dark: DarkIcon };

export function ThemeToggle() {
  const [theme, setTheme] = useState(currentTheme);
  const Icon = ICONS[theme];
  const label = `Theme: ${LABELS[theme]}. Change to ${LABELS[NEXT[theme]]}`;
  const change = () => {
    applyTheme(NEXT[theme]);
    setTheme(NEXT[theme]);
  };
  return (
    <button type="button" className="quiet-button" aria-label={label} data-tip={label} onClick={change}>
      <Icon />
    </button>
  );
}
