import { existsSync } from 'node:fs';
import { releasedFolder } from '../scripts/node';
import { EngineError } from '../src/model/runtime/errors';

/**
 * Folder of the model of the benches' published figures.
 * @throws EngineError 'input' if it has not been fetched
 */
export function benchModel(): string {
  const folder = releasedFolder('wiki-7m');
  if (existsSync(folder)) return folder;
  throw new EngineError('input', `${folder} is missing.`, 'Fetch it: npm run weights -- ADDRESS.');
}
