import { expect, test } from 'vitest';
import { relativeError } from '../../../tests/golden';
import { randomModel } from '../../../tests/random-model';
import { createOnSharedDevice } from '../../gpu/testing';
import { Reference } from '../../model/core/reference';
import { withReweighting } from '../../model/core/variant';
import { klDivergence } from '../../model/lens/measures';
import type { Model } from '../../model/runtime/folder';
import { hash } from '../../model/sampling/random';
import { logSumExp } from '../../model/sampling/sampling';
import { SnapshotStore } from '../snapshot-store';
import { Lens } from './attention-lens';

const COMPILING = 240_000; // ms: compiles two configurations on a software adapter, beside other work

test(
  'on WebGPU too, the changed run equals the changed configuration, and closing frees every byte',
  async () => {
    const data = randomModel({ num_hidden_layers: 2, hidden_size: 16 }, 3);
    const backend = await createOnSharedDevice(data);
    const model = data as unknown as Model; // the lens does not use its tokenizer and manifest
    const snapshots = new SnapshotStore();
    const lens = new Lens({ model, backend, snapshots, createBackend: createOnSharedDevice });
    const before = backend.memory();
    const tokens = Array.from({ length: 160 }, (_, i) => (i % 64 ? 1 + (hash(8, 9, i) % 39) : 0));
    const { answer } = await lens.ask({
      runs: [{ ids: Uint32Array.from(tokens.slice(1)) }],
      token: 140,
      proportions: 'static',
      kind: 'counterfactual',
      question: {},
    });
    expect([answer.start, answer.count]).toEqual([128, 32]); // the document of token 140, to the end of the text

    const part = tokens.slice(answer.start);
    const [learned, changed] = [data, withReweighting(data, 'static', 512)].map(({ config, weights }) => {
      const reference = new Reference(config, weights);
      const state = reference.newState();
      return part.map((token) => reference.logits(reference.step(state, token)));
    });
    const losses = (rows: Float64Array[]) =>
      part.map((_, t) => (t === 0 ? 0 : logSumExp(rows[t - 1]) - rows[t - 1][part[t]]));
    expect(relativeError(answer.learned.losses, losses(learned))).toBeLessThan(1e-4);
    expect(relativeError(answer.changed.losses, losses(changed))).toBeLessThan(1e-4);
    const divergence = part.map((_, t) => klDivergence(learned[t], changed[t]));
    expect(relativeError(answer.divergence, divergence)).toBeLessThan(1e-3);

    await lens.ask({
      runs: [{ ids: Uint32Array.from(tokens.slice(1)) }],
      token: 140,
      proportions: 'learned',
      kind: 'row',
      question: { layer: 1, head: 1, measure: 'share' },
    });
    expect(backend.memory()).not.toEqual(before);
    await lens.close();
    expect(backend.memory()).toEqual(before);
    backend.destroy();
  },
  COMPILING,
);
