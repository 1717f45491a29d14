import { createHash } from 'node:crypto';
import { ModelProtoSchema, type TensorProto } from 'onnx-buf';
import { isExternal } from '../../onnx/file/external.js';
import { forEachTensor } from '../../onnx/messages.js';
import type { Model } from '../../onnx/model.js';

/** Of each weight: enough to tell two trainings of one model apart. */
const hashedBytes = 256;

/**
 * Identifies what a model computes: its nodes, and the beginning of each of its weights, wherever
 * they lie. Names of nodes have no part in it.
 *
 * @throws TensorRTError `ERR_ONNX_EXTERNAL_DATA` when external weights cannot be read.
 */
export async function fingerprintOf(model: Model, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for (const { opType, domain, input, output } of model.graph.nodes) {
    hash.update(`${domain}.${opType}(${input.join()})${output.join()}\n`);
  }
  const tensors: TensorProto[] = [];
  forEachTensor(ModelProtoSchema, model.proto, (tensor) => tensors.push(tensor));
  for (const tensor of tensors) {
    hash.update(`${tensor.name} ${tensor.dataType} [${tensor.dims.join()}]\n`);
    hash.update(await beginningOf(model, tensor, signal));
  }
  return hash.digest('hex');
}

async function beginningOf(
  model: Model,
  tensor: TensorProto,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  if (!isExternal(tensor)) return tensor.rawData.subarray(0, hashedBytes);
  return model.externalData.locate(tensor).head(hashedBytes).read(signal);
}
