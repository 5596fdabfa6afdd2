import { describeLearner } from '../../../tests/learner-conformance';
import { createWasmLearner } from './wasm-learner';

describeLearner('WebAssembly', createWasmLearner, 20);
