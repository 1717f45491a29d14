/** The samples that all contenders of quantization.mjs calibrate with, in a file they all can read. */
import { writeFileSync } from 'node:fs';

/** Peers need batches of one length: rows are padded or cut. */
export const batch = 8;
export const sequence = 64;

/**
 * Writes batches of token ids, each followed by its mask, as little-endian INT64.
 * @param {string} file
 * @param {readonly (readonly number[])[]} texts Repeated where there are fewer than rows.
 * @param {number} rows A multiple of the batch.
 */
export function writeSamples(file, texts, rows) {
  const size = batch * sequence;
  const all = new BigInt64Array((rows / batch) * 2 * size);
  for (let row = 0; row < rows; row++) {
    const ids = texts[row % texts.length]?.slice(0, sequence) ?? [];
    const at = Math.floor(row / batch) * 2 * size + (row % batch) * sequence;
    ids.forEach((id, i) => {
      all[at + i] = BigInt(id);
      all[at + size + i] = 1n;
    });
  }
  writeFileSync(file, new Uint8Array(all.buffer));
}
