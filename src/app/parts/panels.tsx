import type { ComponentType } from 'react';
import type { PanelId } from '../store/state';
import { SettingsPanel } from './SettingsPanel';

interface Panel {
  readonly id: PanelId;
  readonly name: string;
  readonly Content: ComponentType;
}

/** What the rail can show, in the order of its tabs; loaded with the rail. */
export const PANELS: readonly Panel[] = [{ id: 'settings', name: 'Settings', Content: SettingsPanel }];
