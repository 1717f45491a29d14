import { fileURLToPath } from 'node:url';
import { run } from '../../scripts/setup/child.mjs';
import { pythonPackages } from '../../scripts/setup/conformance.mjs';

/** Runs one of the Python scripts beside this file: it reads JSON, and prints JSON. */
export async function runPython<T>(script: string, input: unknown): Promise<T> {
  const { code, output } = await run('python3', [fileURLToPath(new URL(script, import.meta.url))], {
    input: JSON.stringify(input),
    env: { PYTHONPATH: pythonPackages(), PYTHONWARNINGS: 'ignore' },
  });
  if (code !== 0) throw new Error(`${script} failed:\n${output}`);
  return JSON.parse(output);
}

/**
 * Compares pairs of models as messages, after reading their external data.
 *
 * @returns for each pair `null` where both are the same, else the first field that differs.
 */
export function compareModels(pairs: readonly (readonly [string, string])[]) {
  return runPython<(string | null)[]>('compare_models.py', pairs);
}

/** What `onnx.checker` with `full_check` says of each model: `null` where it accepts it. */
export function checkModels(files: readonly string[]) {
  return runPython<(string | null)[]>('check_models.py', files);
}

/** What Python's onnx finds in each model, for `inspect` to find too. */
export function summariseModels(files: readonly string[]) {
  return runPython<object[]>('summarise_models.py', files);
}
