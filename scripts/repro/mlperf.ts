/**
 * What MLPerf Inference has of BERT-large, for each GPU, and the nearest that can be measured here.
 *
 *   npx tsx scripts/repro/mlperf.ts [--duration-ms 3000] [--cache <folder>] [--json <file>]
 */
import { benchRows, medianLatency, p90Latency, rowsPerSecond } from './bench-rows.js';
import { isProgram, run } from './main.js';
import { mlperf as published } from './published.js';
import type { Reproduction, Row } from './reproduction.js';

const padded = 'all padded to 384 tokens';

export const mlperf: Reproduction = {
  name: 'mlperf',
  title: 'MLPerf Inference, BERT-large on SQuAD, one GPU',
  method: [
    'MLPerf runs the texts of SQuAD in their real lengths by kernels without padding; here each row is padded to 384 tokens, so that what is measured is below what the GPU can do',
    'offline: batches of 64, two contexts; single stream: one row after the other; copies included; weights and ranges are random',
  ],
  async rows(context) {
    const common = {
      model: 'bert-large',
      length: 384,
      runtime: 'tensorrt',
      precision: 'int8+fp16',
      remarks: [padded],
    } as const;
    const offline = await benchRows(
      [
        {
          ...common,
          what: 'offline, 99 %',
          published: published.offline99,
          batch: 64,
          figure: rowsPerSecond,
        },
      ],
      context,
      { contexts: 2 },
    );
    const singleStream = await benchRows(
      [
        {
          ...common,
          what: 'single stream, p50',
          published: published.singleStreamP50,
          batch: 1,
          figure: medianLatency,
        },
        {
          ...common,
          what: 'single stream, p90',
          published: published.singleStreamP90,
          batch: 1,
          figure: p90Latency,
        },
      ],
      context,
      { cudaGraphs: true },
    );
    return [...offline, ...notByUs(), ...singleStream];
  },
};

function notByUs(): Row[] {
  const accuracy = "MLPerf's weights and texts are not at hand";
  const server = "the server scenario is defined by MLPerf's load generator, which is not run here";
  const row = (what: string, figures: Row['published'], notMeasured: string): Row => {
    return { what, published: figures, outcome: { notMeasured } };
  };
  return [
    row('offline, 99.9 %', published.offline999, accuracy),
    row('server, 99 %', published.server99, server),
    row('server, 99.9 %', published.server999, server),
    row('F1 at 99 %', published.f1At99, accuracy),
    row('F1 at 99.9 %', published.f1At999, accuracy),
  ];
}

if (isProgram(import.meta.url)) await run(mlperf);
