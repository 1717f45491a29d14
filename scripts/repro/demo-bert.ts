/**
 * The tables of NVIDIA's demo/BERT, shape by shape.
 *
 *   npx tsx scripts/repro/demo-bert.ts [--duration-ms 3000] [--cache <folder>] [--json <file>]
 */
import { type BenchRow, benchRows, meanCompute } from './bench-rows.js';
import { isProgram, run } from './main.js';
import { demoBertRows } from './published.js';
import type { Reproduction } from './reproduction.js';

export const demoBert: Reproduction = {
  name: 'demo-bert',
  title: "NVIDIA's demo/BERT, INT8 and FP16",
  method: [
    'mean time on the device, without copies; CUDA graphs; weights and ranges are random',
    'the published networks are built by hand with plugins of their own for INT8 attention and one fixed length; here an ONNX model is imported, which is expected to be slower',
    'INT8 is INT8 with FP16 around it',
  ],
  rows: (context) => benchRows(rows(), context, { transfers: false, cudaGraphs: true }),
};

function rows(): BenchRow[] {
  return demoBertRows.flatMap(({ model, length, batch, int8, fp16 }) => {
    const shape = `${model}, ${batch} x ${length}`;
    const common = { model, length, batch, runtime: 'tensorrt', figure: meanCompute } as const;
    return [
      { ...common, what: `${shape}, INT8`, published: int8, precision: 'int8+fp16' },
      { ...common, what: `${shape}, FP16`, published: fp16, precision: 'fp16' },
    ] as const;
  });
}

if (isProgram(import.meta.url)) await run(demoBert);
