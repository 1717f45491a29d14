import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadAddon } from '../../dist/native.js';
import { needPython, temporaryFolder } from './cases.js';
import { runPython } from './python.js';

/** What ranges.py says of one tensor. */
interface NumpyRanges {
  readonly absmax: number;
  readonly percentiles: Readonly<Record<string, number>>;
  readonly entropy: number;
  readonly mse: number;
  /** Pairs of an amax and its mean squared error, summed up over the values themselves. */
  readonly errors: readonly (readonly [number, number])[];
}

const distributions = [
  'normal',
  'laplace',
  'uniform',
  'rectified normal',
  'student, 3 degrees',
  'lognormal',
  'bimodal',
  '99 % zeros',
  'an outlier of 40',
  'constant',
  'tiny',
  'huge',
];
/** Ten shapes, in turn. */
const shapes = [
  [1, 8000],
  [16, 384],
  [4, 128, 16],
  [1, 12, 32, 32],
  [8, 16, 7, 7],
  [9000],
  [2, 3, 40, 40],
  [1, 1, 10_001],
  [2, 50, 100],
  [4347, 2],
];

const { Histogram } = loadAddon();

/** How many bins reach up to the last one that is not empty, when so many become one. */
function merged(counts: BigUint64Array, by: number): number {
  return Math.ceil((counts.findLastIndex((count) => count > 0n) + 1) / by);
}

it('ranges are within one bin of what NumPy says', async (context) => {
  await needPython(context);
  const folder = await temporaryFolder();
  const tensors = distributions.map((distribution, index) => {
    const shape = shapes[index % shapes.length] as number[];
    const size = shape.reduce((product, dim) => product * dim);
    const file = join(folder, `${index}.bin`);
    return { name: `${distribution} [${shape}]`, distribution, seed: index, size, file };
  });
  const answers = await runPython<NumpyRanges[]>('ranges.py', tensors);

  for (const [index, { name, file }] of tensors.entries()) {
    const expected = answers[index] as NumpyRanges;
    const bytes = await readFile(file);
    const histogram = new Histogram();
    histogram.collect(new Float32Array(new Uint8Array(bytes).buffer), 'float32');
    const { absmax, exponent, counts } = histogram.snapshot();
    const bin = 2 ** exponent;
    // Ranges from the 128th of 2048 bins on: below it there is nothing to search.
    expect(merged(counts, 4), name).toBeGreaterThan(128);

    expect(absmax, name).toBe(expected.absmax);
    for (const [percent, value] of Object.entries(expected.percentiles)) {
      // More zeros than that leave no range, and absmax stands for it.
      const wanted = value === 0 ? absmax : value;
      const difference = Math.abs(histogram.percentile(Number(percent)) - wanted);
      expect(difference / bin, `${name}, ${percent} %`).toBeLessThanOrEqual(1);
    }
    const entropyBins = Math.abs(histogram.entropy() - expected.entropy) / (4 * bin);
    expect(entropyBins, `${name}, entropy`).toBeLessThanOrEqual(1);
    const mseBins = Math.abs(histogram.mse() - expected.mse) / bin;
    expect(mseBins, `${name}, mse`).toBeLessThanOrEqual(1);

    for (const [amax, error] of expected.errors) {
      // |x - quantized x| changes by no more than x does, and x lies in its bin.
      const slack = 2 * bin * Math.sqrt(error) + bin ** 2;
      const difference = Math.abs(histogram.error(amax) - error);
      expect(difference, `${name}, error of ${amax}`).toBeLessThanOrEqual(slack);
    }
  }
});
