/**
 * Quantizes a classifier once, in a process of its own so that its memory can be told.
 *
 *   node bench/quantization-child.mjs quantize <model> <samples> <padded | unpadded> <method> <output>
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

async function quantizeOnce(path = '', samples = '', shape = '', method = '', output = '') {
  const start = performance.now();
  const model = await Model.load(path);
  const choice = /** @type {'percentile' | 'entropy'} */ (method);
  const table = await calibrate(model, samplesOf(samples, shape), { method: choice });
  const int8 = await quantize(model, table);
  await int8.save(output);
  return { seconds: (performance.now() - start) / 1000 };
}

/**
 * The batches of a file; or its texts without padding, those of one length together, the longest first.
 * @param {string} file
 * @param {string} shape
 */
function* samplesOf(file, shape) {
  const all = new BigInt64Array(new Uint8Array(readFileSync(file)).buffer);
  const size = batch * sequence;
  const batches = Array.from({ length: all.length / (2 * size) }, (_, i) => ({
    ids: all.subarray(2 * i * size, (2 * i + 1) * size),
    mask: all.subarray((2 * i + 1) * size, (2 * i + 2) * size),
  }));
  if (shape === 'padded') yield* batches.map(({ ids, mask }) => feedsOf(batch, ids, mask));
  else yield* byLength(batches.flatMap(textsOf)).map(toFeeds);
}

/** Up to a batch of texts of one length each. @param {BigInt64Array[]} texts */
function byLength(texts) {
  /** @type {BigInt64Array[][]} */
  const groups = [];
  for (const text of texts.toSorted((a, b) => b.length - a.length)) {
    const last = groups.at(-1);
    if (last && last.length < batch && last[0]?.length === text.length) last.push(text);
    else groups.push([text]);
  }
  return groups;
}

/** @param {{ ids: BigInt64Array, mask: BigInt64Array }} batch The tokens of its texts. */
function textsOf({ ids, mask }) {
  return Array.from({ length: batch }, (_, row) => {
    const begin = row * sequence;
    const length = mask.subarray(begin, begin + sequence).indexOf(0n);
    return ids.subarray(begin, begin + (length < 0 ? sequence : length));
  });
}

/** @param {BigInt64Array[]} texts */
function toFeeds(texts) {
  const ids = BigInt64Array.from(texts.flatMap((text) => [...text]));
  return feedsOf(texts.length, ids, new BigInt64Array(ids.length).fill(1n));
}

/** @param {number} rows @param {BigInt64Array} ids @param {BigInt64Array} mask */
function feedsOf(rows, ids, mask) {
  const dims = [rows, ids.length / rows];
  return {
    input_ids: tensor('int64', dims, ids.slice()),
    attention_mask: tensor('int64', dims, mask.slice()),
    token_type_ids: tensor('int64', dims, new BigInt64Array(ids.length)),
  };
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
