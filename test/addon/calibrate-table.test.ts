import { readdir, readFile, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { CalibrationTable, type TensorRange } from '../../dist/quantize/calibration/table.js';
import { errorOf, temporaryFolder } from '../unit/helpers.js';

const range: TensorRange = {
  amax: 1.5,
  absmax: 2.25,
  count: 2 ** 40,
  nonFinite: 3,
  method: 'entropy',
};
const ranges = new Map([
  ['/encoder/layer.0/output', range],
  ['__proto__', { ...range, amax: 0.1 }],
]);
const table = new CalibrationTable({
  method: 'percentile',
  percentile: 99.99,
  samples: 128,
  ranges,
});

test('a table survives JSON and a file', async () => {
  const path = `${await temporaryFolder()}/table.json`;
  await table.save(path);
  for (const copy of [
    await CalibrationTable.load(path),
    CalibrationTable.fromJSON(JSON.parse(JSON.stringify(table))),
  ]) {
    expect(copy).toBeInstanceOf(CalibrationTable);
    expect(copy).toMatchObject({ method: 'percentile', percentile: 99.99, samples: 128 });
    expect([...copy.ranges]).toEqual([...ranges]);
  }
});

test('a table of absmax has no percentile', () => {
  const absmax = new CalibrationTable({ method: 'absmax', samples: 1, ranges });
  const copy = CalibrationTable.fromJSON(JSON.parse(JSON.stringify(absmax)));
  expect(copy.percentile).toBeUndefined();
});

test('a table keeps its ranges when the map it was made of changes', () => {
  const changing = new Map(ranges);
  const kept = new CalibrationTable({ method: 'absmax', samples: 1, ranges: changing });
  changing.clear();
  expect(kept.ranges.size).toBe(2);
});

function damaged(change: (json: Record<string, never>) => void): unknown {
  const json = JSON.parse(JSON.stringify(table));
  change(json);
  return json;
}

function rangeWith(field: object) {
  return damaged((json) => Object.assign(json, { ranges: { t: { ...range, ...field } } }));
}

test.each<[string, unknown, string]>([
  ['null', null, 'not an object'],
  ['an array', [], 'not an object'],
  ['another format', { format: 'onnx' }, '"onnx"'],
  ['no format', {}, 'missing'],
  ['a later version', damaged((json) => Object.assign(json, { version: 3 })), 'version is 3'],
  ['another method', damaged((json) => Object.assign(json, { method: 'mean' })), '"mean"'],
  [
    'a wrong percentile',
    damaged((json) => Object.assign(json, { percentile: 0 })),
    'percentile is 0',
  ],
  ['no samples', damaged((json) => Object.assign(json, { samples: 0 })), 'samples is 0'],
  ['no ranges', damaged((json) => Object.assign(json, { ranges: [] })), 'no ranges'],
  ['a range that is none', damaged((json) => Object.assign(json, { ranges: { t: 5 } })), "'t'"],
  ['a negative amax', rangeWith({ amax: -1 }), "amax of tensor 't' is -1"],
  ['an amax that is null', rangeWith({ amax: null }), "amax of tensor 't' is null"],
  ['a missing absmax', rangeWith({ absmax: undefined }), "absmax of tensor 't' is missing"],
  ['a broken count', rangeWith({ count: 1.5 }), "count of tensor 't' is 1.5"],
  ['a negative count', rangeWith({ nonFinite: -1 }), "nonFinite of tensor 't' is -1"],
])('%s is refused with what is wrong', async (_, value, problem) => {
  const error = await errorOf(() => CalibrationTable.fromJSON(value));
  expect(error).toMatchObject({ code: 'ERR_CALIBRATION' });
  expect((error as Error).message).toContain(problem);
});

test('a truncated file is refused, and the error names it', async () => {
  const path = `${await temporaryFolder()}/table.json`;
  await table.save(path);
  const text = await readFile(path, 'utf8');
  await writeFile(path, text.slice(0, text.length / 2));
  const error = await errorOf(CalibrationTable.load(path));
  expect(error).toMatchObject({ code: 'ERR_CALIBRATION', file: path });
  expect((error as Error).message).toContain('not JSON');
});

test('files that cannot be read or written are ERR_FILE, and nothing half-written stays', async () => {
  const folder = await temporaryFolder();
  expect(await errorOf(CalibrationTable.load(`${folder}/none.json`))).toMatchObject({
    code: 'ERR_FILE',
    file: `${folder}/none.json`,
  });
  expect(await errorOf(table.save(`${folder}/none/table.json`))).toMatchObject({
    code: 'ERR_FILE',
  });
  // A folder cannot be replaced by a file.
  expect(await errorOf(table.save(folder))).toMatchObject({ code: 'ERR_FILE' });
  expect(await readdir(folder)).toEqual([]);
});
