import { create, globals } from 'webgpu';
import type { ModelData } from '../model/backend';
import { GRAPHICS } from './plan';
import { createWebGpuBackend, type WebGpuBackend } from './webgpu-backend';

Object.assign(globalThis, globals);

/** Dawn in Node, on whatever Vulkan driver it finds. */
export const gpu: GPU = create([]);

function memoizedCompilation(device: GPUDevice) {
  const createModule = device.createShaderModule.bind(device);
  const createPipeline = device.createComputePipelineAsync.bind(device);
  const modules = new Map<string, GPUShaderModule>();
  const pipelines = new Map<GPUShaderModule, Promise<GPUComputePipeline>>();
  const module = (descriptor: GPUShaderModuleDescriptor) => {
    const { code } = descriptor;
    if (!modules.has(code)) modules.set(code, createModule(descriptor));
    return modules.get(code)!;
  };
  const pipeline = (descriptor: GPUComputePipelineDescriptor) => {
    const { module } = descriptor.compute;
    if (!pipelines.has(module)) pipelines.set(module, createPipeline(descriptor));
    return pipelines.get(module)!;
  };
  return { module, pipeline };
}

let device: Promise<GPUDevice> | null = null;

async function openShared(adapter: GPUAdapter, descriptor: GPUDeviceDescriptor): Promise<GPUDevice> {
  const opened = await adapter.requestDevice(descriptor);
  opened.destroy = () => undefined;
  const { module, pipeline } = memoizedCompilation(opened);
  opened.createShaderModule = module;
  opened.createComputePipelineAsync = pipeline;
  return opened;
}

/** One device for all tests of a file that compiles a kernel once: on a software adapter that takes seconds. */
const sharing = {
  async requestAdapter() {
    const adapter = (await gpu.requestAdapter())!;
    const requestDevice = (descriptor: GPUDeviceDescriptor) => {
      device ??= openShared(adapter, descriptor);
      return device;
    };
    const { limits, info, features } = adapter;
    return { limits, info, features, requestDevice };
  },
} as unknown as GPU;

/** As on a graphics card, unless told otherwise. */
export async function createOnSharedDevice(model: ModelData, tuning = GRAPHICS): Promise<WebGpuBackend> {
  return createWebGpuBackend(model, sharing, tuning);
}
