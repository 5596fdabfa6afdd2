import type { ModelData } from '../runtime/backend';
import type { Config } from './config';

/** The same weights with another re-weighting, without learned proportions. The model was not trained for this. */
export function withReweighting<T extends ModelData>(
  model: T,
  reweighting: 'static' | 'none',
  staticLength: number,
): T {
  const { headWidth: e } = model.config;
  const config: Config = {
    ...model.config,
    reweighting,
    staticLength: reweighting === 'static' ? staticLength : 1,
    proportionHidden: 0,
    stateRows: reweighting === 'none' ? e : 2 * e,
  };
  const layers = model.weights.layers.map((layer) => ({
    ...layer,
    queryProportion: null,
    keyProportion: null,
  }));
  const digest = `${model.digest} ${reweighting} ${staticLength}`;
  return { ...model, config, weights: { ...model.weights, layers }, digest, proof: null };
}
