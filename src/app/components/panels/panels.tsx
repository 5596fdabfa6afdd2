import type { ComponentType } from 'react';
import type { PanelId } from '../../store/state';
import { BranchesPanel } from './BranchesPanel';
import { SettingsPanel } from './SettingsPanel';
import { TokenPanel } from './TokenPanel';

interface Panel {
  readonly id: PanelId;
  readonly Content: ComponentType;
}

/** The panels in the order of their tabs. They load with the rail. The lens has a frame of its own. */
export const PANELS: readonly Panel[] = [
  { id: 'settings', Content: SettingsPanel },
  { id: 'token', Content: TokenPanel },
  { id: 'branches', Content: BranchesPanel },
];
