import { describeLearner } from '../../../tests/learner-conformance';
import { sharedGpu } from '../testing';
import { createWebGpuLearner } from './webgpu-learner';

describeLearner('WebGPU', (model, rank) => createWebGpuLearner(model, rank, sharedGpu()), 2);
