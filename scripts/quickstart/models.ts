/** Makes the FP32 model and its INT8 form, and saves both. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { calibrate, type Model, quantize } from 'tensorrt-node';
import type { Pair } from './evaluate.js';
import { megabytes } from './format.js';
import type { Inputs } from './inputs.js';
import type { LogisticModel } from './logistic.js';
import type { Report } from './report.js';
import { sentimentModel } from './sentiment-model.js';
import type { Steps } from './steps.js';
import { makeBatches } from './tokenize.js';

/**
 * Chosen on the held-in texts, by the distance of the INT8 logits from the FP32 ones. It is least
 * from 99.996 to 99.9975: lower percentiles clip the inputs of the linear layers, and higher ones
 * keep rare outliers behind GELU that leave coarse steps for all other values.
 */
const percentile = 99.997;
const calibrationBatch = 16;

export interface Models extends Pick<Report, 'modelBytes' | 'calibration' | 'quantized'> {
  readonly models: Pair<Model>;
}

/** @param folder - where the models and the calibration table are saved. */
export async function makeModels(
  inputs: Inputs,
  classifier: LogisticModel,
  folder: string,
  steps: Steps,
): Promise<Models> {
  const fp32 = await steps.run(
    'Write the encoder as ONNX',
    async () => {
      await mkdir(folder, { recursive: true });
      const model = sentimentModel(inputs.weights, inputs.config, classifier);
      return { model, ...(await model.save(join(folder, 'sentiment-fp32.onnx'))) };
    },
    ({ bytes }) => megabytes(bytes),
  );
  const table = await steps.run(
    'Calibrate on held-in text',
    async (advance) => {
      const batches = makeBatches(inputs.calibration.encoded, calibrationBatch);
      const result = await calibrate(
        fp32.model,
        batches.map(({ feeds }) => feeds),
        {
          method: 'percentile',
          percentile,
          padding: { mask: 'attention_mask' },
          onProgress: ({ samples }) => advance(samples, batches.length, 'batches'),
          signal: steps.signal,
        },
      );
      await result.save(join(folder, 'calibration.json'));
      return result;
    },
    ({ ranges }) => `${inputs.calibration.reviews.length} texts, ${ranges.size} tensors`,
  );
  const int8 = await steps.run(
    'Quantize to INT8',
    async () => {
      const model = await quantize(fp32.model, table);
      return { model, ...(await model.save(join(folder, 'sentiment-int8.onnx'))) };
    },
    ({ bytes }) => megabytes(bytes),
  );
  const quantized = int8.model.report.filter(({ action }) => action === 'int8').length;
  return {
    models: { fp32: fp32.model, int8: int8.model },
    modelBytes: { fp32: fp32.bytes, int8: int8.bytes },
    calibration: { method: 'percentile', percentile },
    quantized: { int8: quantized, float: int8.model.report.length - quantized },
  };
}
