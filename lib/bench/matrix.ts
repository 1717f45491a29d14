import { fullName } from '../runtime/load.js';
import type { RuntimeName } from '../runtime/runtime.js';
import type { Precision } from '../variants/precision.js';
import type { CheckedBenchOptions } from './bench-options.js';
import type { BenchParameters } from './bench-report.js';

/** Every combination of what the options list, each once: those of the same shapes stay together. */
export function combinations(
  options: CheckedBenchOptions,
  runtimes: readonly RuntimeName[],
  precisions: readonly (Precision | undefined)[],
): BenchParameters[] {
  const { batches = [undefined], lengths = [undefined], rates = [undefined] } = options;
  const combined = lengths.flatMap((length) =>
    batches.flatMap((batch) =>
      precisions.flatMap((precision) =>
        runtimes.flatMap((runtime) =>
          rates.map((rate) => ({ runtime: fullName(runtime), precision, batch, length, rate })),
        ),
      ),
    ),
  );
  return [...new Map(combined.map((cell) => [JSON.stringify(Object.values(cell)), cell])).values()];
}

/** Such as `8x128 int8 onnxruntime:cpu 100/s`. */
export function cellName({ runtime, precision, batch, length, rate }: BenchParameters): string {
  const shape = [batch, length].filter((size) => size !== undefined).join('x');
  const load = rate === undefined ? '' : `${rate}/s`;
  return [shape, precision, runtime, load].filter(Boolean).join(' ');
}
