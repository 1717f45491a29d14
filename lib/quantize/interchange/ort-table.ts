/** Numbers of a calibration table of ONNX Runtime. */
export interface OrtTable {
  /** How ONNX Runtime found them, such as `MinMax`; undefined where the table does not say. */
  readonly method: string | undefined;
  /** By tensor, the largest |x| that INT8 represents. */
  readonly amax: ReadonlyMap<string, number>;
}

/**
 * Reads what ONNX Runtime's `write_calibration_table` writes: its JSON (`calibration.json`, also that
 * of releases up to 1.16, which had pairs of numbers) or its text (`calibration.cache`). The text has
 * the upper bound alone, which is too small for a tensor whose negative values are the larger ones:
 * prefer the JSON.
 *
 * @param fail - makes the error for a text that is no such table.
 */
export function parseOrtTable(text: string, fail: (problem: string) => Error): OrtTable {
  return text.trimStart().startsWith('{') ? parseJson(text, fail) : parseLines(text, fail);
}

/** As `calibration.json`, with ranges that are symmetric. */
export function formatOrtTable(amax: ReadonlyMap<string, number>): string {
  const data = Object.fromEntries(
    Array.from(amax, ([name, value]) => [
      name,
      { lowest: scalar(-value), highest: scalar(value), CLS: 'TensorData' },
    ]),
  );
  return `${JSON.stringify({
    CLS: 'TensorsData',
    data,
    calibration_method: { CLS: 'CalibrationMethod', value: 'CalibrationMethod.MinMax' },
  })}\n`;
}

function scalar(value: number): object {
  return { data: [value], dtype: 'float32', CLS: 'numpy.array' };
}

function parseLines(text: string, fail: (problem: string) => Error): OrtTable {
  const amax = new Map<string, number>();
  for (const [index, line] of text.trimEnd().split(/\r?\n/).entries()) {
    // Names may have spaces in them.
    const space = line.lastIndexOf(' ');
    const value = Number(line.slice(space + 1) || Number.NaN);
    if (space < 1 || !Number.isFinite(value)) {
      throw fail(`line ${index + 1} is '${line.slice(0, 80)}'`);
    }
    amax.set(line.slice(0, space), Math.abs(value));
  }
  return { method: undefined, amax };
}

function parseJson(text: string, fail: (problem: string) => Error): OrtTable {
  const table = jsonOf(text, fail);
  const isCurrent = table['CLS'] === 'TensorsData';
  const tensors = (isCurrent ? table['data'] : table) as Record<string, unknown>;
  if (typeof tensors !== 'object' || tensors === null) throw fail('it has no tensors');
  const amax = new Map(
    Object.entries(tensors).map(([name, range]) => {
      const bounds = boundsOf(range).map(numberOf);
      if (bounds.length !== 2 || !bounds.every(Number.isFinite)) {
        throw fail(`the range of tensor '${name}' is ${JSON.stringify(range)?.slice(0, 80)}`);
      }
      return [name, Math.max(...bounds.map(Math.abs))];
    }),
  );
  const { value } = (table['calibration_method'] ?? {}) as { value?: unknown };
  const method = isCurrent && typeof value === 'string' ? value.split('.').at(-1) : undefined;
  return { method, amax };
}

function jsonOf(text: string, fail: (problem: string) => Error): Record<string, unknown> {
  try {
    return JSON.parse(text);
  } catch {
    throw fail('it begins like JSON and is none');
  }
}

function boundsOf(range: unknown): unknown[] {
  if (Array.isArray(range)) return range;
  const { lowest, highest } = (range ?? {}) as Record<string, unknown>;
  return [lowest, highest];
}

/** A number, or what an array of NumPy has become that holds one: `{ data: 1 }`, `{ data: [1] }`. */
function numberOf(value: unknown): number {
  if (typeof value === 'number') return value;
  const { data } = (value ?? {}) as { data?: unknown };
  if (Array.isArray(data)) return data.length === 1 ? numberOf(data[0]) : Number.NaN;
  return typeof data === 'number' ? data : Number.NaN;
}
