import { create, globals } from 'webgpu';
import type { ModelData } from '../model/runtime/backend';
import { GRAPHICS } from './tuning';
import { createWebGpuBackend, type WebGpuBackend } from './webgpu-backend';

Object.assign(globalThis, globals);

/** Dawn in Node, on the available Vulkan driver. */
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

/**
 * One device for all tests of a file. It compiles each kernel once, because this takes seconds on a software adapter.
 * @param change replaces the code of a kernel
 */
export function sharedGpu(change = (_name: string, code: string): string => code): GPU {
  const requestDevice = async (adapter: GPUAdapter, descriptor: GPUDeviceDescriptor) => {
    device ??= openShared(adapter, descriptor);
    const opened = await device;
    const createShaderModule = ({ label = '', code }: GPUShaderModuleDescriptor) =>
      opened.createShaderModule({ label, code: change(label, code) });
    return new Proxy(opened, {
      get: (target, key) => {
        if (key === 'createShaderModule') return createShaderModule;
        const value = Reflect.get(target, key);
        return typeof value === 'function' ? value.bind(target) : value;
      },
      set: (target, key, value) => Reflect.set(target, key, value),
    });
  };
  return gpuWith((adapter) => ({
    requestDevice: (descriptor: GPUDeviceDescriptor) => requestDevice(adapter, descriptor),
  }));
}

/** A GPU whose adapter has some properties replaced. */
export function gpuWith(change: (adapter: GPUAdapter) => object): GPU {
  const requestAdapter = async () => {
    const adapter = (await gpu.requestAdapter())!;
    const { limits, info, features } = adapter;
    const requestDevice = adapter.requestDevice.bind(adapter);
    return { limits, info, features, requestDevice, ...change(adapter) };
  };
  return { requestAdapter } as unknown as GPU;
}

/** Opens a backend, by default with the tuning of a hardware GPU. */
export async function createOnSharedDevice(model: ModelData, tuning = GRAPHICS): Promise<WebGpuBackend> {
  return createWebGpuBackend(model, sharedGpu(), tuning);
}
