/**
 * One model by TensorRT in FP16 and INT8, beside PyTorch and ONNX Runtime on the GPU.
 *
 *   npx tsx scripts/repro/pytorch-comparison.ts [--batch 64] [--duration-ms 3000] [--json <file>]
 */
import { benchRows, medianLatency } from './bench-rows.js';
import { isProgram, run } from './main.js';
import { besidePyTorch } from './published.js';
import type { Reproduction, Row } from './reproduction.js';

export const pytorchComparison: Reproduction = {
  name: 'pytorch-comparison',
  title: 'TensorRT beside PyTorch and ONNX Runtime',
  method: [
    'neither model nor shape are stated where these figures are quoted: here BERT-base of 128 tokens in batches of --batch',
    'median from the call to the result, copies included; CUDA graphs of TensorRT; weights and ranges are random',
    'INT8 is INT8 with FP16 around it',
  ],
  options: { batch: { type: 'string', default: '64' } },
  async rows(context) {
    const batch = Number(context.options['batch']);
    const common = { model: 'bert-base', length: 128, batch, figure: medianLatency } as const;
    const { tensorrtInt8, tensorrtFp16, onnxRuntimeFp16, pytorch } = besidePyTorch;
    const measured = await benchRows(
      [
        {
          ...common,
          what: 'TensorRT, INT8',
          published: [tensorrtInt8],
          runtime: 'tensorrt',
          precision: 'int8+fp16',
        },
        {
          ...common,
          what: 'TensorRT, FP16',
          published: [tensorrtFp16],
          runtime: 'tensorrt',
          precision: 'fp16',
        },
        {
          ...common,
          what: 'ONNX Runtime, CUDA, FP16',
          published: [onnxRuntimeFp16],
          runtime: 'onnxruntime:cuda',
          precision: 'fp16',
        },
      ],
      context,
      { cudaGraphs: true },
    );
    return [...measured, byPyTorch(pytorch)];
  },
};

function byPyTorch(published: Row['published'][number]): Row {
  const outcome = { notMeasured: 'this package does not run PyTorch' };
  return { what: 'PyTorch', published: [published], outcome };
}

if (isProgram(import.meta.url)) await run(pytorchComparison);
