/**
 * How long one text of 128 tokens takes BERT-base and BERT-large, and a batch of 64.
 *
 *   npx tsx scripts/repro/bert-latency.ts [--duration-ms 3000] [--cache <folder>] [--json <file>]
 */
import { type BenchRow, benchRows, meanCompute } from './bench-rows.js';
import { isProgram, run } from './main.js';
import { latencyBounds } from './published.js';
import type { Reproduction } from './reproduction.js';

export const bertLatency: Reproduction = {
  name: 'bert-latency',
  title: 'BERT-base and BERT-large, 128 tokens',
  method: [
    'mean time on the device, without copies, as in the tables of NVIDIA; CUDA graphs',
    'weights and ranges are random: speed does not depend on them',
    'INT8 is INT8 with FP16 around it, converted by this package and imported from ONNX',
    'nothing is published for batch 64 where these figures are quoted',
  ],
  rows: (context) => benchRows(latencyRows(), context, { transfers: false, cudaGraphs: true }),
};

function latencyRows(): BenchRow[] {
  const common = { runtime: 'tensorrt', length: 128, figure: meanCompute } as const;
  return ([1, 64] as const).flatMap((batch) =>
    (['bert-base', 'bert-large'] as const).flatMap((model) =>
      (['int8+fp16', 'fp16', 'fp32'] as const).map((precision) => ({
        ...common,
        model,
        batch,
        precision,
        what: `${model}, ${batch} x 128, ${precision}`,
        published: batch === 1 && precision === 'int8+fp16' ? [boundOf(model)] : [],
      })),
    ),
  );
}

function boundOf(model: 'bert-base' | 'bert-large') {
  return model === 'bert-base' ? latencyBounds.base : latencyBounds.large;
}

if (isProgram(import.meta.url)) await run(bertLatency);
