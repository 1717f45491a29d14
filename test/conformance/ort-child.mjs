/** Runs models by ONNX Runtime, one per message, so that a crash ends this process and no other. */
import { readFileSync } from 'node:fs';
import { fromBinary } from '@bufbuild/protobuf';
import { TensorProto_DataType as ElementType, GraphProtoSchema } from 'onnx-buf';
import ort from 'onnxruntime-node';
import { readInlineWeights } from '../../dist/onnx/tensor/weights.js';

const options = {
  executionProviders: ['cpu'],
  // Every operator as it stands in the model: fusions differ in the last bits.
  graphOptimizationLevel: /** @type {const} */ ('disabled'),
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  logSeverityLevel: /** @type {const} */ (4),
};

/** @param {import('onnx-buf').TensorProto} proto */
function toOrt(proto) {
  const dims = proto.dims.map(Number);
  if (proto.dataType === ElementType.STRING) {
    const texts = proto.stringData.map((text) => new TextDecoder().decode(text));
    return new ort.Tensor('string', texts, dims);
  }
  const { type, data } = readInlineWeights(proto);
  if (type === 'float16') return Object.assign(new ort.Tensor('uint16', data, dims), { type });
  return new ort.Tensor(/** @type {any} */ (type), /** @type {any} */ (data), dims);
}

/** @param {import('onnxruntime-node').Tensor} tensor */
function fromOrt({ type, dims, data }) {
  if (!ArrayBuffer.isView(data)) return { type, dims: [...dims], data };
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { type, dims: [...dims], data: bytes.slice() };
}

/** @param {{ model: string, values: string }} job */
async function answer({ model, values }) {
  const session = await ort.InferenceSession.create(model, options);
  try {
    const given = fromBinary(GraphProtoSchema, readFileSync(values)).initializer;
    // Inputs come first.
    const feeds = session.inputNames.flatMap((name) => {
      const value = given.find((tensor) => tensor.name === name);
      return value ? [[name, toOrt(value)]] : [];
    });
    const results = await session.run(Object.fromEntries(feeds));
    return {
      outputs: Object.fromEntries(
        Object.entries(results).map(([name, tensor]) => [name, fromOrt(tensor)]),
      ),
    };
  } finally {
    await session.release();
  }
}

process.on('message', async (/** @type {{ model: string, values: string }} */ job) => {
  const reply = await answer(job).catch((error) => ({ failure: error.message }));
  process.send?.(reply);
});
