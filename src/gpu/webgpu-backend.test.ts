import { describeCapture, PAIRS } from '../../tests/capture';
import { describeConformance } from '../../tests/conformance';
import { createOnSharedDevice } from './testing';

describeConformance('WebGPU', createOnSharedDevice);
describeCapture('WebGPU', createOnSharedDevice, PAIRS); // here, so that each golden model's kernels are compiled once
