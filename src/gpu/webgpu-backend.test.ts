import { describeCapture, PAIRS } from '../../tests/capture';
import { describeConformance } from '../../tests/conformance';
import { createOnSharedDevice } from './testing';

describeConformance('WebGPU', createOnSharedDevice);
// in this file, so that each golden model's kernels compile only once
describeCapture('WebGPU', createOnSharedDevice, { configurations: PAIRS, isSlow: true });
