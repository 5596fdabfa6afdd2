import { describeCapture } from '../../tests/capture';
import { describeConformance } from '../../tests/conformance';
import { createOnSharedDevice } from './testing';

describeConformance('WebGPU', createOnSharedDevice);
describeCapture('WebGPU', createOnSharedDevice); // here, so that each golden model's kernels are compiled once
