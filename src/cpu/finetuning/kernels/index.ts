// The kernels of fine-tuning as a module of its own, on the memory of src/cpu/kernels. It has no static data, which would
// overwrite that of the other module. docs/finetuning.md has the formulas; Dx is the gradient of the loss with respect to x.
export * from './attention';
export * from './matrix';
export * from './rounding';
export * from './rows';
