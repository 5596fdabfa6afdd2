import { describeCapture } from '../../../tests/capture';
import { ReferenceBackend } from './reference-backend';

describeCapture('the reference', async (model) => new ReferenceBackend(model), {
  isSlow: true,
});
