import { describeConformance } from '../../tests/conformance';
import { createOnSharedDevice } from './testing';

describeConformance('WebGPU', createOnSharedDevice);
