import { create } from '@bufbuild/protobuf';
import {
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
} from 'onnx-buf';
import { TensorRTError } from '../errors.js';
import { callNative, loadAddon, type NativeDevices } from '../native.js';
import { Model } from '../onnx/model.js';
import { toValueInfoProto } from '../onnx/value-info.js';
import { IsolatedSession } from './child/isolated-session.js';
import type { OrtProvider } from './ort-provider.js';
import { OrtSession } from './ort-session.js';

/*
 * Whether something can run at all, told before a large model is built or written for it.
 */

type NativeDevice = NativeDevices['devices'][number];

/**
 * Looks at the GPU that something is to run on.
 *
 * @param device - its number.
 * @throws TensorRTError `ERR_NO_GPU`, `ERR_ADDON`
 */
export async function findGpu(device = 0): Promise<NativeDevice> {
  const { devices } = await callNative(() => loadAddon().listDevices());
  const gpu = devices.find(({ ordinal }) => ordinal === device);
  if (gpu) return gpu;
  throw new TensorRTError(
    'ERR_NO_GPU',
    `There is no GPU ${device}: this machine has ${devices.length}, counted from 0.`,
  );
}

/** @throws TensorRTError `ERR_RUNTIME`, `ERR_NO_GPU` */
export async function checkOrtProvider(
  provider: OrtProvider,
  signal?: AbortSignal,
  device?: number,
): Promise<void> {
  await OrtSession.check(provider);
  if (provider === 'cpu') return;
  if (provider !== 'webgpu') await findGpu(device).catch(ignoreMissingAddon);
  // In a process of its own: what drivers print on the error output is no concern of the user.
  const session = await IsolatedSession.open(smallestModel(), {
    provider,
    ...(provider !== 'webgpu' && { device }),
    cpuFallback: true,
    signal,
  });
  await session.release();
}

/** ONNX Runtime needs no addon of this package. */
function ignoreMissingAddon(error: unknown): void {
  if (!(error instanceof TensorRTError) || error.code !== 'ERR_ADDON') throw error;
}

function smallestModel(): Model {
  const value = (name: string) => toValueInfoProto({ name, type: 'float32', dims: [1] });
  return Model.fromProto(
    create(ModelProtoSchema, {
      irVersion: 8n,
      opsetImport: [create(OperatorSetIdProtoSchema, { version: 13n })],
      graph: create(GraphProtoSchema, {
        name: 'probe',
        input: [value('x')],
        output: [value('y')],
        node: [
          create(NodeProtoSchema, { name: 'add', opType: 'Add', input: ['x', 'x'], output: ['y'] }),
        ],
      }),
    }),
  );
}
