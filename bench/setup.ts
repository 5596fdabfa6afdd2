import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SHIPPED } from '../scripts/node';

const BENCH = import.meta.dirname;
const VENV = join(BENCH, '.venv');
const PACKAGES = ['onnx==1.23.2', 'onnxruntime==1.32.0', 'numpy==2.4.6', 'safetensors==0.8.0'];

/** The model as ONNX files, made once for each model and each version of export.py; their folder. */
export function prepareOnnx(): string {
  const script = join(BENCH, 'onnx/export.py');
  const hash = createHash('sha256');
  for (const file of [script, join(SHIPPED, 'model.safetensors')]) hash.update(readFileSync(file));
  const folder = join(BENCH, '.cache', hash.digest('hex').slice(0, 16));
  const finished = join(folder, 'finished');
  if (existsSync(finished)) return folder;
  const python = join(VENV, 'bin/python');
  if (!existsSync(join(VENV, 'finished'))) {
    run('python3', ['-m', 'venv', VENV]);
    run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...PACKAGES]);
    writeFileSync(join(VENV, 'finished'), '');
  }
  mkdirSync(folder, { recursive: true });
  run(python, [script, SHIPPED, folder]);
  writeFileSync(finished, '');
  return folder;
}

function run(command: string, values: readonly string[]): void {
  execFileSync(command, values, { stdio: 'inherit' });
}
