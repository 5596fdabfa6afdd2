import type { ErrorData } from '../../model/runtime/errors';
import type { EngineInfo, Figures, LoadProgress } from '../../workers/messages';
import type { History } from './document/history';
import type { NoticeState } from './document/notice';
import { type ComparisonState, NO_COMPARISON } from './engine/continuations';
import { FIRST_LENS, type LensView } from './engine/lens-view';
import type { Verified } from './engine/verified';
import { DEFAULTS, type Settings } from './settings/settings';

type EngineState =
  | { readonly phase: 'loading'; readonly progress: LoadProgress | null }
  | { readonly phase: 'ready'; readonly info: EngineInfo }
  | { readonly phase: 'cancelled' }
  | { readonly phase: 'failed'; readonly error: ErrorData };

/** The work of the engine on the text. */
export type Work =
  | { readonly phase: 'idle' }
  | { readonly phase: 'waiting' } // until the model is loaded
  | { readonly phase: 'reading'; readonly read: number; readonly total: number | null }
  | { readonly phase: 'writing' }
  | { readonly phase: 'verifying'; readonly checked: number; readonly total: number }
  | { readonly phase: 'stopping' };

/** The cards that open over the page, one at a time. */
export type CardId =
  | 'model'
  | 'storage'
  | 'device'
  | 'memory'
  | 'texts'
  | 'pages'
  | 'new'
  | 'share'
  | 'more'
  | 'help'
  | 'demos'
  | 'palette'
  | 'compare';

/** The panels of the rail, with their names. */
export const PANEL_NAMES = {
  settings: 'Settings',
  token: 'Token',
  branches: 'Branches',
  lens: 'Lens',
} as const;

export type PanelId = keyof typeof PANEL_NAMES;

export interface PlaygroundState extends NoticeState {
  /** Null until the stored text has been read. */
  readonly history: History | null;
  readonly settings: Settings;
  /** The undo history of the settings. */
  readonly settingsHistory: { readonly past: readonly Settings[]; readonly future: readonly Settings[] };
  readonly engine: EngineState;
  readonly work: Work;
  /** The open card. */
  readonly card: CardId | null;
  /** The open panel; null while the rail is closed. */
  readonly panel: PanelId | null;
  readonly lens: LensView;
  /** The step of the lens's tour, from 0; null outside it. */
  readonly tour: number | null;
  /** Whether a generation that the lens follows has a readable speed. */
  readonly isPaced: boolean;
  /** Bytes of the lens's window in the engine; null while the lens holds none. */
  readonly lensBytes: number | null;
  readonly comparison: ComparisonState;
  /** Figures of the last generation. */
  readonly figures: Figures | null;
  /** Why the last generation failed. */
  readonly problem: ErrorData | null;
  /** The result of the last verification. It applies only to the text that it names. */
  readonly verified: Verified | null;
  /** The last sentence for screen readers. */
  readonly announcement: string;
}

export function initialState(settings: Settings = DEFAULTS): PlaygroundState {
  return {
    history: null,
    settings,
    settingsHistory: { past: [], future: [] },
    engine: { phase: 'loading', progress: null },
    work: { phase: 'idle' },
    card: null,
    panel: null,
    lens: FIRST_LENS,
    tour: null,
    isPaced: true,
    lensBytes: null,
    comparison: NO_COMPARISON,
    figures: null,
    problem: null,
    verified: null,
    notice: null,
    noticeAbout: 'page',
    announcement: '',
  };
}
