import type { ModelData } from '../runtime/backend';
import { type Config, reweightingFields } from './config';
import { isPresent, LAYER_TENSORS, tensorEntries } from './tensors';

/** The same weights with another re-weighting, without learned proportions. The model was not trained for this. */
export function withReweighting<T extends ModelData>(
  model: T,
  reweighting: 'static' | 'none',
  staticLength: number,
): T {
  const config: Config = {
    ...model.config,
    ...reweightingFields(reweighting, model.config.headWidth),
    staticLength: reweighting === 'static' ? staticLength : 1,
    proportionHidden: 0,
  };
  const absent = tensorEntries(LAYER_TENSORS).filter(([, tensor]) => !isPresent(tensor, config));
  const dropped = Object.fromEntries(absent.map(([key]) => [key, null]));
  const layers = model.weights.layers.map((layer) => ({ ...layer, ...dropped }));
  const digest = `${model.digest} ${reweighting} ${staticLength}`;
  return { ...model, config, weights: { ...model.weights, layers }, digest, proof: null };
}
