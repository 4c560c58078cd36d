/** Opens a GPU device and describes it as the profile that kernels are chosen by. */

import type { DeviceProfile, SubgroupMatrixConfig } from '../kernels/kernel.js';
import { AdapterError, EngineError } from './errors.js';
import { openGpu } from './platform/gpu.js';

const WANTED_FEATURES = [
  'shader-f16',
  'subgroups',
  'timestamp-query',
  'chromium-experimental-subgroup-matrix',
] as const;

export interface DeviceOptions {
  /** An app's own `GPU` (Electron, a browser, another Dawn). */
  gpu?: GPU;
  /** An app's own device; the engine neither configures nor destroys it. */
  device?: GPUDevice;
  /** Dawn's null backend: shaders compile, nothing runs. */
  backend?: 'null';
  powerPreference?: GPUPowerPreference;
}

export interface OpenDevice {
  device: GPUDevice;
  profile: DeviceProfile;
  /** The engine made the device and destroys it. */
  owned: boolean;
  /** Kept from the garbage collector for as long as the device lives: Dawn's binding does not. */
  gpu?: GPU;
}

export async function openDevice(options: DeviceOptions = {}): Promise<OpenDevice> {
  if (options.device) return { device: options.device, profile: describe(options.device), owned: false };
  const gpu = options.gpu ?? (await openGpu({ backend: options.backend }));
  const adapter = await gpu.requestAdapter({ powerPreference: options.powerPreference ?? 'high-performance' });
  if (!adapter) {
    throw new AdapterError(
      'no usable GPU adapter was found: a Vulkan, Metal or D3D12 driver is needed; `node engine doctor --fix` installs one',
    );
  }
  const requiredFeatures = WANTED_FEATURES.filter((f) => adapter.features.has(f)) as GPUFeatureName[];
  const requiredLimits: Record<string, number> = {};
  for (const name of [
    'maxStorageBufferBindingSize',
    'maxBufferSize',
    'maxComputeInvocationsPerWorkgroup',
    'maxComputeWorkgroupSizeX',
    'maxComputeWorkgroupSizeY',
    'maxComputeWorkgroupStorageSize',
    'maxStorageBuffersPerShaderStage',
    'maxTextureDimension2D',
  ] as const) {
    requiredLimits[name] = adapter.limits[name];
  }
  const device = await adapter.requestDevice({ requiredFeatures, requiredLimits });
  return { device, profile: describe(device), owned: true, gpu };
}

export function describe(device: GPUDevice): DeviceProfile {
  const info = device.adapterInfo as GPUAdapterInfo & { subgroupMatrixConfigs?: SubgroupMatrixConfig[] };
  if (!info) throw new EngineError('the injected device has no adapterInfo; use a current WebGPU implementation');
  const text = `${info.vendor} ${info.architecture} ${info.device} ${info.description}`.toLowerCase();
  const software = /llvmpipe|lavapipe|swiftshader|software|warp|basic render/.test(text);
  const integrated = /intel|apple|arm|qualcomm|adreno|mali|integrated/.test(text);
  const min = info.subgroupMinSize ?? 0;
  const max = info.subgroupMaxSize ?? 0;
  return {
    kind: software ? 'software' : integrated ? 'integrated' : 'discrete',
    vendor: info.vendor,
    architecture: info.architecture,
    description: info.description,
    subgroups: { supported: device.features.has('subgroups') && min > 0, min, max },
    f16: device.features.has('shader-f16'),
    timestamps: device.features.has('timestamp-query'),
    subgroupMatrices: [...(info.subgroupMatrixConfigs ?? [])],
    maxWorkgroupInvocations: device.limits.maxComputeInvocationsPerWorkgroup,
    maxWorkgroupStorage: device.limits.maxComputeWorkgroupStorageSize,
    maxWorkgroupsPerDimension: device.limits.maxComputeWorkgroupsPerDimension,
    maxStorageBindings: device.limits.maxStorageBuffersPerShaderStage,
    maxBindingBytes: device.limits.maxStorageBufferBindingSize,
    maxBufferBytes: device.limits.maxBufferSize,
    maxTextureSide: device.limits.maxTextureDimension2D,
  };
}
