/**
 * Quantizes a classifier once, in a process of its own so that its memory can be told.
 *
 *   node bench/quantization-child.mjs quantize <model> <samples> <method> <output>
 *   node bench/quantization-child.mjs search <values>
 *
 * `samples` and `values` are the files that quantization.mjs writes. Prints one line of JSON, as
 * quantization_peer.py does.
 */
import { readFileSync } from 'node:fs';
import { calibrate, Model, quantize, tensor } from '../dist/index.js';
import { loadAddon } from '../dist/native.js';
import { batch, sequence } from './lib/quantization-samples.mjs';

const [action, ...rest] = process.argv.slice(2);
console.log(JSON.stringify(action === 'search' ? search(...rest) : await quantizeOnce(...rest)));

async function quantizeOnce(path = '', samples = '', method = '', output = '') {
  const start = performance.now();
  const model = await Model.load(path);
  const choice = /** @type {'percentile' | 'entropy'} */ (method);
  const table = await calibrate(model, batchesOf(samples), { method: choice });
  const int8 = await quantize(model, table);
  await int8.save(output);
  return { seconds: (performance.now() - start) / 1000 };
}

/** @param {string} file Token ids and mask of each row. */
function* batchesOf(file) {
  const all = new BigInt64Array(new Uint8Array(readFileSync(file)).buffer);
  const size = batch * sequence;
  for (let begin = 0; begin < all.length; begin += 2 * size) {
    const dims = [batch, sequence];
    yield {
      input_ids: tensor('int64', dims, all.slice(begin, begin + size)),
      attention_mask: tensor('int64', dims, all.slice(begin + size, begin + 2 * size)),
      token_type_ids: tensor('int64', dims, new BigInt64Array(size)),
    };
  }
}

/** The time of one entropy search over values that were counted before. */
function search(file = '') {
  const values = new Float32Array(new Uint8Array(readFileSync(file)).buffer);
  const histogram = new (loadAddon().Histogram)();
  histogram.collect(values, 'float32');
  const start = performance.now();
  const rounds = 20;
  for (let round = 0; round < rounds; round++) histogram.entropy();
  return { milliseconds: (performance.now() - start) / rounds, amax: histogram.entropy() };
}
