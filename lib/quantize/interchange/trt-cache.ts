/** Numbers of a calibration cache of TensorRT 5 to 10. */
export interface TensorRTCache {
  /** The first line, such as `TRT-8501-EntropyCalibration2`: version and algorithm. */
  readonly header: string;
  /** By tensor, the largest |x| that INT8 represents: 127 times the scale that the file has. */
  readonly amax: ReadonlyMap<string, number>;
}

/*
 * The file is text. After the header, each line has the name of a tensor, a colon and its scale: the
 * bits of a float32 as eight hexadecimal digits. Names may have colons in them.
 */
const headerForm = /^TRT-\w+-\w+$/;
const lineForm = /^(.+): ([0-9a-f]{8})$/i;

/** @param fail - makes the error for a text that is no such cache. */
export function parseTensorRTCache(text: string, fail: (problem: string) => Error): TensorRTCache {
  const [header = '', ...lines] = text.trimEnd().split(/\r?\n/);
  if (!headerForm.test(header)) throw fail(`its first line is '${header.slice(0, 80)}'`);
  const amax = new Map<string, number>();
  for (const [index, line] of lines.entries()) {
    const [, name = '', digits] = lineForm.exec(line) ?? [];
    if (!digits) throw fail(`line ${index + 2} is '${line.slice(0, 80)}'`);
    const scale = floatOfBits(digits);
    if (!(Number.isFinite(scale) && scale >= 0)) {
      throw fail(`line ${index + 2} gives tensor '${name}' the scale ${scale}`);
    }
    amax.set(name, scale * 127);
  }
  return { header, amax };
}

/** Tensors whose amax is 0 are left out: TensorRT takes positive scales only. */
export function formatTensorRTCache({ header, amax }: TensorRTCache): string {
  const lines = Array.from(amax).flatMap(([name, value]) =>
    value > 0 ? [`${name}: ${bitsOfFloat(value / 127)}`] : [],
  );
  return `${[header, ...lines].join('\n')}\n`;
}

function floatOfBits(digits: string): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, Number.parseInt(digits, 16));
  return view.getFloat32(0);
}

function bitsOfFloat(value: number): string {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  return view.getUint32(0).toString(16).padStart(8, '0');
}
