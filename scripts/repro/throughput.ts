/**
 * Requests a second at batch 32, by TensorRT and by ONNX Runtime.
 *
 *   npx tsx scripts/repro/throughput.ts [--duration-ms 3000] [--cache <folder>] [--json <file>]
 */
import { benchRows, rowsPerSecond } from './bench-rows.js';
import { isProgram, run } from './main.js';
import { throughput as published } from './published.js';
import type { Reproduction } from './reproduction.js';

export const throughput: Reproduction = {
  name: 'throughput',
  title: 'Requests a second, INT8, batch 32',
  method: [
    'neither model nor length are stated where these figures are quoted: here BERT-base of 128 tokens',
    'a request is a row of a batch; copies included, two contexts of TensorRT; weights and ranges are random',
    'INT8 is INT8 with FP16 around it by TensorRT, and with FP32 by ONNX Runtime',
  ],
  rows(context) {
    const common = { model: 'bert-base', batch: 32, length: 128, figure: rowsPerSecond } as const;
    return benchRows(
      [
        {
          ...common,
          what: 'TensorRT, INT8',
          published: [published.tensorrtInt8],
          runtime: 'tensorrt',
          precision: 'int8+fp16',
        },
        {
          ...common,
          what: 'ONNX Runtime, CUDA, INT8',
          published: [published.onnxRuntimeInt8],
          runtime: 'onnxruntime:cuda',
          precision: 'int8',
        },
      ],
      context,
      { contexts: 2 },
    );
  },
};

if (isProgram(import.meta.url)) await run(throughput);
