import { EngineError } from '../model/runtime/errors';

/** The WebGPU adapter of this machine. */
export interface AdapterReport {
  /** Name of the adapter, for the page. */
  readonly name: string;
  /** Whether the adapter is emulated on the CPU; a CPU backend is then faster. */
  readonly isSoftware: boolean;
}

/** Optional features: timestamps for the benchmark, subgroups for kernels that share reads. */
const OPTIONAL: GPUFeatureName[] = ['timestamp-query', 'subgroups'];

/** Least limits for a model. */
export interface Needs {
  /** Bytes of the largest buffer. */
  readonly bufferBytes: number;
  readonly workgroupBytes: number;
}

/** Describes the adapter, if there is one, without opening a device. */
export async function reportAdapter(gpu: GPU | undefined): Promise<AdapterReport | null> {
  const adapter = await gpu?.requestAdapter({ powerPreference: 'high-performance' });
  return adapter ? report(adapter) : null;
}

/** @throws EngineError 'device' if there is no adapter */
export async function findAdapter(gpu: GPU | undefined): Promise<GPUAdapter> {
  const adapter = await gpu?.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter) return adapter;
  throw new EngineError(
    'device',
    'There is no WebGPU device here.',
    'Run on the CPU, or use a current browser with graphics acceleration.',
  );
}

export function report({ info }: GPUAdapter): AdapterReport {
  const name = info.description || [info.vendor, info.architecture].filter(Boolean).join(' ');
  return { name: name || 'unnamed GPU', isSoftware: info.isFallbackAdapter };
}

/**
 * Opens a device with the limits of a model and the available optional features.
 * @throws EngineError 'device' if the adapter's limits do not suffice.
 */
export async function openDevice(adapter: GPUAdapter, needs: Needs): Promise<GPUDevice> {
  const { limits } = adapter;
  const largest = Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize);
  if (needs.bufferBytes > largest) throw insufficient('a buffer', needs.bufferBytes, largest);
  if (needs.workgroupBytes > limits.maxComputeWorkgroupStorageSize)
    throw insufficient('workgroup memory', needs.workgroupBytes, limits.maxComputeWorkgroupStorageSize);
  try {
    return await adapter.requestDevice({
      label: 'LeaPformer',
      requiredFeatures: OPTIONAL.filter((feature) => adapter.features.has(feature)),
      requiredLimits: {
        // The adapter's maximum, for batches of many streams. It has no cost until it is used.
        maxBufferSize: limits.maxBufferSize,
        maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
        maxComputeWorkgroupStorageSize: Math.max(needs.workgroupBytes, 16384),
      },
    });
  } catch (cause) {
    throw new EngineError(
      'device',
      'The GPU could not be opened.',
      'Close other tabs that use it, or reload the page.',
      { cause },
    );
  }
}

/** The error of a limit that does not suffice. */
export function insufficient(what: string, needed: number, available: number): EngineError {
  const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toPrecision(3)} MiB`;
  return new EngineError(
    'device',
    `This model needs ${mebibytes(needed)} for ${what}; the GPU allows ${mebibytes(available)}.`,
    'Choose a smaller model or fewer texts at once, or run on the CPU.',
  );
}
