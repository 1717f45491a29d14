import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { CalibrationTable } from '../../dist/quantize/calibration/table.js';
import { quantize } from '../../dist/quantize/quantize.js';
import { errorOf, linearModel } from './helpers.js';

/** A file that `write_calibration_table` of ONNX Runtime 1.31.1 wrote. */
function ortFile(name: string): Promise<string> {
  const folder = new URL('../fixtures/calibration-tables/', import.meta.url);
  return readFile(fileURLToPath(new URL(name, folder)), 'utf8');
}

function amaxOf(table: CalibrationTable): Record<string, number> {
  return Object.fromEntries(Array.from(table.ranges, ([name, { amax }]) => [name, amax]));
}

describe('calibration caches of TensorRT', () => {
  // Lines that TensorRT 7.2 wrote for LeNet, as published in a tutorial about NVDLA.
  const text = [
    'TRT-7202-EntropyCalibration2',
    'data: 3c008912',
    'conv1: 3c60dd38',
    '(Unnamed Layer* 4) [Fully Connected]_output: 3d65992f',
    'prob: 3c083ffd',
    '',
  ].join('\n');

  test('are read: the scale is a float32, most significant byte first', () => {
    const table = CalibrationTable.fromTensorRTCache(text);
    expect(table).toMatchObject({
      method: 'given',
      samples: 0,
      source: 'TRT-7202-EntropyCalibration2',
    });
    // The scales by Python: struct.unpack('>f', bytes.fromhex('3c008912'))[0] and so on.
    expect(table.ranges.get('data')?.amax).toBeCloseTo(0.007845180109143257 * 127, 12);
    expect(table.ranges.get('(Unnamed Layer* 4) [Fully Connected]_output')?.amax).toBeCloseTo(
      0.05605429038405418 * 127,
      12,
    );
    expect(table.ranges.get('prob')).toMatchObject({ method: 'given', count: 0, nonFinite: 0 });
  });

  test('come back as they were, with a header of choice', () => {
    const table = CalibrationTable.fromTensorRTCache(text);
    expect(table.toTensorRTCache()).toBe(text);
    expect(CalibrationTable.fromJSON(JSON.parse(JSON.stringify(table))).toTensorRTCache()).toBe(
      text,
    );
    expect(table.toTensorRTCache({ header: 'TRT-100300-MinMaxCalibration' })).toBe(
      text.replace('TRT-7202-EntropyCalibration2', 'TRT-100300-MinMaxCalibration'),
    );
  });

  test('a range of this package becomes its scale; none without one', () => {
    const seen = { count: 1, nonFinite: 0, method: 'absmax' } as const;
    const ranges = new Map([
      ['a: b', { amax: 127, absmax: 127, ...seen }],
      ['zero', { amax: 0, absmax: 0, ...seen }],
    ]);
    const table = new CalibrationTable({ method: 'absmax', samples: 1, ranges });
    expect(table.toTensorRTCache()).toBe('TRT-8501-EntropyCalibration2\na: b: 3f800000\n');
  });

  test('quantize takes such a table', async () => {
    const cache = 'TRT-8501-EntropyCalibration2\nx: 3c010204\nh_relu: 3d010204\n';
    const model = await quantize(
      linearModel({ classes: 16 }),
      CalibrationTable.fromTensorRTCache(cache),
    );
    const amax = model.report.flatMap((entry) => Object.entries(entry.amax ?? {}));
    expect(Object.fromEntries(amax)).toMatchObject({ x: expect.closeTo(1, 6) });
  });

  test.each<[string, string, string]>([
    ['another file', '{"format":1}', "first line is '{"],
    ['an empty line', `${text}\nx`, "line 6 is ''"],
    ['a scale of five digits', 'TRT-8501-EntropyCalibration2\nx: 3c010', "line 2 is 'x: 3c010'"],
    ['a negative scale', 'TRT-8501-EntropyCalibration2\nx: bc010204', "'x' the scale -0.00"],
    ['NaN', 'TRT-8501-EntropyCalibration2\nx: 7fc00000', "'x' the scale NaN"],
  ])('%s is refused', async (_, damaged, problem) => {
    const error = await errorOf(() => CalibrationTable.fromTensorRTCache(damaged));
    expect(error).toMatchObject({ code: 'ERR_CALIBRATION' });
    expect((error as Error).message).toContain(problem);
  });

  test.each(['8501', 'TRT-8501', 'TRT-8501-Entropy\nx'])(
    'the header %j is none',
    async (header) => {
      const table = CalibrationTable.fromTensorRTCache(text);
      expect(await errorOf(() => table.toTensorRTCache({ header }))).toBeInstanceOf(TypeError);
    },
  );
});

describe('calibration tables of ONNX Runtime', () => {
  test.each<[string, string, Record<string, number>]>([
    [
      'minmax.json.txt',
      'MinMax',
      {
        r: 14.556408882141113,
        x: 3.5583813190460205,
        'encoder/h: 0': 14.556408882141113,
        y: 54.63833999633789,
      },
    ],
    [
      'percentile.json.txt',
      'Percentile',
      {
        y: 54.611671447753906,
        r: 14.549301147460938,
        x: 3.556648015975952,
        'encoder/h: 0': 14.549320220947266,
      },
    ],
  ])('%s: the larger magnitude of both bounds', async (file, source, expected) => {
    const table = CalibrationTable.fromOnnxRuntime(await ortFile(file));
    expect(table).toMatchObject({ method: 'given', samples: 0, source });
    expect(amaxOf(table)).toEqual(expected);
  });

  test('the text form has the upper bound only', async () => {
    const table = CalibrationTable.fromOnnxRuntime(await ortFile('minmax.cache'));
    expect(amaxOf(table)).toEqual({
      'encoder/h: 0': 14.556408882141113,
      r: 14.556408882141113,
      x: 2.8229994773864746,
      y: 40.4848518371582,
    });
  });

  test('the JSON of earlier releases: pairs of numbers', () => {
    const table = CalibrationTable.fromOnnxRuntime('{"x": [-3, 2], "y": [0, 5.5]}');
    expect(amaxOf(table)).toEqual({ x: 3, y: 5.5 });
  });

  test('what is written is read again', async () => {
    const table = CalibrationTable.fromOnnxRuntime(await ortFile('percentile.json.txt'));
    expect(amaxOf(CalibrationTable.fromOnnxRuntime(table.toOnnxRuntime()))).toEqual(amaxOf(table));
  });

  test.each<[string, string, string]>([
    ['a line without a number', 'x 1\ny\n', "line 2 is 'y'"],
    ['a cut JSON', '{"x": [1, 2', 'begins like JSON'],
    ['a range of one number', '{"x": [1]}', "tensor 'x' is [1]"],
    ['a range that is none', '{"CLS": "TensorsData", "data": {"x": {"highest": 1}}}', "tensor 'x'"],
    ['no tensors', '{"CLS": "TensorsData"}', 'no tensors'],
  ])('%s is refused', async (_, damaged, problem) => {
    const error = await errorOf(() => CalibrationTable.fromOnnxRuntime(damaged));
    expect(error).toMatchObject({ code: 'ERR_CALIBRATION' });
    expect((error as Error).message).toContain(problem);
  });
});
