import type { ComponentType } from 'react';
import type { PanelId } from '../../store/state';
import { late } from '../late';
import { BranchesPanel } from './BranchesPanel';
import { SettingsPanel } from './SettingsPanel';
import { TokenPanel } from './TokenPanel';

interface Panel {
  readonly id: PanelId;
  readonly Content: ComponentType;
}

const LensPanel = late(() => import('../../lens/LensPanel'), { name: 'The lens' });

/** The panels in the order of their tabs. They load with the rail. */
export const PANELS: readonly Panel[] = [
  { id: 'settings', Content: SettingsPanel },
  { id: 'token', Content: TokenPanel },
  { id: 'branches', Content: BranchesPanel },
  { id: 'lens', Content: LensPanel },
];
