import { type ComponentType, lazy, Suspense } from 'react';
import type { PanelId } from '../store/state';
import { BranchesPanel } from './BranchesPanel';
import { SettingsPanel } from './SettingsPanel';
import { TokenPanel } from './TokenPanel';

interface Panel {
  readonly id: PanelId;
  readonly name: string;
  readonly Content: ComponentType;
}

const LazyLens = lazy(() => import('../lens/LensPanel'));

function LensPanel() {
  return (
    <Suspense>
      <LazyLens />
    </Suspense>
  );
}

/** What the rail can show, in the order of its tabs; loaded with the rail. */
export const PANELS: readonly Panel[] = [
  { id: 'settings', name: 'Settings', Content: SettingsPanel },
  { id: 'token', name: 'Token', Content: TokenPanel },
  { id: 'branches', name: 'Branches', Content: BranchesPanel },
  { id: 'lens', name: 'Lens', Content: LensPanel },
];
