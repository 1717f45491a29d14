/**
 * Reads weights in the safetensors format: eight bytes that give the length of a JSON header, the
 * header (name -> type, shape, offsets), then the raw little-endian values.
 */
import { TensorRTError } from 'tensorrt-node';
import type { Weight } from '../models/weights.js';

interface HeaderEntry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

/**
 * The FP32 tensors of a file; others, such as constant position ids, are left out.
 *
 * @param file - where the bytes come from, for errors.
 * @throws TensorRTError `ERR_FILE` when the bytes are damaged.
 */
export function parseSafetensors(bytes: Uint8Array, file: string): ReadonlyMap<string, Weight> {
  const fail = (what: string) =>
    new TensorRTError('ERR_FILE', `${file} is not a whole safetensors file: ${what}.`, {
      remedy: 'Delete its folder in the cache and run the quickstart again.',
      file,
    });
  if (bytes.byteLength < 8) throw fail(`it has only ${bytes.byteLength} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = 8 + Number(view.getBigUint64(0, true));
  if (start > bytes.byteLength) throw fail('its header is cut off');

  const weights = new Map<string, Weight>();
  for (const [name, entry] of headerOf(bytes.subarray(8, start), fail)) {
    const [from, to] = entry.data_offsets.map((offset) => start + offset) as [number, number];
    if (to > bytes.byteLength) throw fail(`the values of '${name}' are cut off`);
    if (entry.dtype !== 'F32') continue;
    // Copied, because a view would need offsets that are multiples of four.
    const values = bytes.buffer.slice(bytes.byteOffset + from, bytes.byteOffset + to);
    weights.set(name, { dims: entry.shape, data: new Float32Array(values) });
  }
  return weights;
}

function headerOf(bytes: Uint8Array, fail: (what: string) => Error): [string, HeaderEntry][] {
  try {
    const { __metadata__, ...entries } = JSON.parse(new TextDecoder().decode(bytes));
    return Object.entries(entries as Record<string, HeaderEntry>);
  } catch {
    throw fail('its header is no JSON');
  }
}
