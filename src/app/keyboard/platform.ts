import type { Platform } from './chord';

export const PLATFORM: Platform = /Mac|iPhone|iPad/.test(navigator.userAgent) ? 'mac' : 'pc';
