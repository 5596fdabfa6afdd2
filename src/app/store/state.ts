import type { ErrorData } from '../../model/runtime/errors';
import type { EngineInfo, Figures, LoadProgress } from '../../workers/messages';
import type { History } from './document/history';
import type { NoticeState } from './document/notice';
import type { LensView } from './engine/lens-view';
import type { Verified } from './engine/verified';
import type { Settings } from './settings/settings';

type EngineState =
  | { readonly phase: 'loading'; readonly progress: LoadProgress | null }
  | { readonly phase: 'ready'; readonly info: EngineInfo }
  | { readonly phase: 'cancelled' }
  | { readonly phase: 'failed'; readonly error: ErrorData };

/** What the engine is doing for the text. */
export type Work =
  | { readonly phase: 'idle' }
  | { readonly phase: 'waiting' } // for the model to be loaded
  | { readonly phase: 'reading'; readonly read: number; readonly total: number | null }
  | { readonly phase: 'writing' }
  | { readonly phase: 'verifying'; readonly checked: number; readonly total: number }
  | { readonly phase: 'stopping' };

/** What can open over the page, one at a time. */
export type CardId =
  | 'model'
  | 'device'
  | 'memory'
  | 'texts'
  | 'examples'
  | 'share'
  | 'help'
  | 'palette'
  | 'compare';

/** What the rail can show, by what it is called. */
export const PANEL_NAMES = {
  settings: 'Settings',
  token: 'Token',
  branches: 'Branches',
  lens: 'Lens',
} as const;

export type PanelId = keyof typeof PANEL_NAMES;

export interface PlaygroundState extends NoticeState {
  /** Null until the kept text has been looked up. */
  readonly history: History | null;
  readonly settings: Settings;
  readonly engine: EngineState;
  readonly work: Work;
  /** What is open over the page. */
  readonly card: CardId | null;
  /** What the rail shows; null while it is closed. */
  readonly panel: PanelId | null;
  readonly lens: LensView;
  /** Of the last generation. */
  readonly figures: Figures | null;
  /** Why the last generation failed. */
  readonly problem: ErrorData | null;
  /** Of the last check. It says nothing of a text that is not the same. */
  readonly verified: Verified | null;
  /** The last sentence for those who listen to the page. */
  readonly announcement: string;
}
