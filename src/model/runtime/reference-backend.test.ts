import { describeConformance } from '../../../tests/conformance';
import { ReferenceBackend } from './reference-backend';

describeConformance('the reference backend', async (model) => new ReferenceBackend(model));
