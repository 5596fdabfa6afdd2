import type { BackendInfo, EngineInfo } from '../../../workers/messages';

export const BACKEND_NAMES: Record<BackendInfo['kind'], string> = {
  webgpu: 'WebGPU',
  cpu: 'CPU',
  reference: 'CPU, reference',
};

export function deviceLabel({ backend }: EngineInfo): string {
  return `Runs on: ${BACKEND_NAMES[backend.kind]}`;
}
