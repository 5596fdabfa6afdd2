import { describeCapture, PAIRS } from '../../tests/capture';
import { describeConformance } from '../../tests/conformance';
import { createOnSharedDevice } from './testing';

describeConformance('WebGPU', createOnSharedDevice);
// here, so that each golden model's kernels are compiled once
describeCapture('WebGPU', createOnSharedDevice, { configurations: PAIRS, isSlow: true });
