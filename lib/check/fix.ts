import { checkOneOf, checkOptions, invalidArgument } from '../arguments.js';
import type { NodeReference } from '../errors.js';
import { Model } from '../onnx/model.js';
import { type CheckContext, type CheckTarget, contextOf } from './context.js';
import type { Mend } from './fixes/fix-kind.js';
import { type FixableCode, mends } from './fixes/index.js';

/** What {@link fix} did at one place of the model, or did not do. */
export interface FixNote<Code extends string = FixableCode> {
  readonly code: Code;
  /** The node as it was named before. */
  readonly node?: NodeReference;
  readonly tensor?: string;
  /** `'left'`: the place has no mechanical mend. */
  readonly action: 'changed' | 'left';
  /** What was done, or why nothing was. */
  readonly what: string;
}

/** A model that was mended. */
export interface FixedModel extends Model {
  /** Every place that was changed or had to be left. */
  readonly report: readonly FixNote[];
}

export interface FixOptions {
  signal?: AbortSignal | undefined;
}

/** The mends look at the model alone. */
const anyTarget: CheckTarget = {
  product: 'tensorrt-rtx',
  targets: [],
  profiles: undefined,
  hasPlugins: false,
};

/**
 * Makes a copy of a model in which what `check` calls fixable is mended, as far as a machine can do
 * it without other numbers coming out. `report` tells what was changed, and what was left and why.
 *
 * A promise, because values in external files are read on the way.
 *
 * @param codes - what to mend. Default: all but `'output-echoes-input'` and `'float64'`, which change what
 * the model takes or gives.
 * @throws TypeError for a code that has no mend.
 * @throws TensorRTError `ERR_ONNX_EXTERNAL_DATA` when external weights cannot be read.
 */
export async function fix(
  model: Model,
  codes: readonly FixableCode[] = mends.filter(({ onlyByName }) => !onlyByName).map((m) => m.code),
  options: FixOptions = {},
): Promise<FixedModel> {
  if (!(model instanceof Model)) throw invalidArgument('model', 'a Model', model);
  if (!Array.isArray(codes)) throw invalidArgument('codes', 'an array', codes);
  const known = mends.map(({ code }) => code);
  for (const code of codes) checkOneOf('codes', code, known);
  checkOptions('options', options, ['signal']);

  const copy = model.clone();
  const chosen = mends.filter(({ code }) => codes.includes(code));
  const report = await applyMends(copy, chosen, options.signal);
  return Object.assign(copy, { report });
}

/** Applies mends to a model, one after the other. */
export async function applyMends<Code extends string>(
  model: Model,
  chosen: readonly Mend<Code>[],
  signal: AbortSignal | undefined,
): Promise<FixNote<Code>[]> {
  const report: FixNote<Code>[] = [];
  let context: CheckContext | undefined;
  for (const { code, apply, leavesUnused } of chosen) {
    signal?.throwIfAborted();
    context ??= await contextOf(model, anyTarget, { isOutline: false, signal });
    for await (const { node, tensor, done, left } of apply(context, signal)) {
      report.push({
        code,
        ...(node && { node }),
        ...(tensor !== undefined && { tensor }),
        action: done === undefined ? 'left' : 'changed',
        what: done ?? left ?? '',
      });
    }
    if (!report.some((note) => note.code === code && note.action === 'changed')) continue;
    model.graph.changed();
    if (leavesUnused) model.graph.removeUnused();
    context = undefined;
  }
  return report;
}
