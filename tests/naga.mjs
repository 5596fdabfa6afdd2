// Compiles kernels in Deno, whose WebGPU is wgpu and naga, like Firefox's, and prints the compiler's errors.
// Usage: deno run -A --unstable-webgpu naga.mjs FILE. FILE is JSON: for each kernel { label, code, pipeline }. If `pipeline`
// is true, it also compiles the kernel for the driver. Prints JSON: { compiled, withoutFeature, errors }.
const kernels = JSON.parse(Deno.readTextFileSync(Deno.args[0]));
const adapter = await navigator.gpu.requestAdapter();
if (!adapter) throw new Error('Deno found no Vulkan driver. Install mesa-vulkan-drivers.');
const hasSubgroups = adapter.features.has('subgroups');
const { maxComputeWorkgroupStorageSize } = adapter.limits;
const device = await adapter.requestDevice({
  requiredFeatures: hasSubgroups ? ['subgroups'] : [],
  requiredLimits: { maxComputeWorkgroupStorageSize },
});
const report = { compiled: 0, withoutFeature: [], errors: {} };
for (const { label, code, pipeline } of kernels) {
  if (code.startsWith('enable subgroups;') && !hasSubgroups) {
    report.withoutFeature.push(label);
    continue;
  }
  device.pushErrorScope('validation');
  const module = device.createShaderModule({ label, code });
  if (pipeline)
    device.createComputePipeline({ label, layout: 'auto', compute: { module, entryPoint: 'main' } });
  const error = await device.popErrorScope();
  if (error) report.errors[label] = error.message;
  else report.compiled++;
}
console.log(JSON.stringify(report));
