import type { Adapter } from '../../model/finetuning/adapter';
import type { Learner } from '../../model/finetuning/learner';
import { ReferenceLearner } from '../../model/finetuning/reference-learner';
import type { Model } from '../../model/runtime/folder';

/** The fastest learner of this device. */
export async function createLearner(model: Model, adapter: Adapter): Promise<Learner> {
  return new ReferenceLearner(model, adapter);
}
