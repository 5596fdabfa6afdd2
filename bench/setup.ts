import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { benchModel } from './model';

const BENCH = import.meta.dirname;
const VENV = join(BENCH, '.venv');
const PACKAGES = ['onnx==1.23.2', 'onnxruntime==1.32.0', 'numpy==2.4.6', 'safetensors==0.8.0'];

const TRAINING = join(BENCH, '../training');
const FORMS = ['float32', 'int8', 'int8-dynamic'];

/**
 * Exports the model as ONNX files, FORM.onnx for each form, and returns their folder. Exports again only if the model
 * or the exporter changes.
 */
export function prepareOnnx(): string {
  const hash = createHash('sha256');
  const exporter = ['onnx_export.py', 'weights.py'].map((name) => join(TRAINING, 'leapformer', name));
  for (const file of [...exporter, join(benchModel(), 'model.safetensors')]) hash.update(readFileSync(file));
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
  for (const form of FORMS) {
    const file = join(folder, `${form}.onnx`);
    run(python, ['-m', 'leapformer', 'onnx', benchModel(), '--out', file, '--form', form, '--last-logits']);
  }
  writeFileSync(finished, '');
  return folder;
}

function run(command: string, values: readonly string[]): void {
  const env = { ...process.env, PYTHONPATH: TRAINING };
  execFileSync(command, values, { stdio: 'inherit', env });
}
