/**
 * Writes a BERT encoder of a known size with weights drawn from a seed, so that nothing has to be
 * fetched: all-MiniLM-L6 (90 MB), BERT-base (436 MB) or BERT-large (1.3 GB).
 *
 *   npx tsx bench/make-encoder.ts <file> [minilm | base | large]
 */
import { type EncoderSize, randomEncoder } from './lib/random-encoder.js';

const sizes: Record<string, EncoderSize> = {
  minilm: { layers: 6, hidden: 384, heads: 12 },
  base: { layers: 12, hidden: 768, heads: 12 },
  large: { layers: 24, hidden: 1024, heads: 16 },
};

const [file, sizeName = 'minilm'] = process.argv.slice(2);
if (file === undefined) throw new TypeError('Expected the path of the file to write');
const size = sizes[sizeName];
if (!size)
  throw new TypeError(`Expected ${Object.keys(sizes).join(', ')} but received ${sizeName}`);
await randomEncoder(size).save(file);
