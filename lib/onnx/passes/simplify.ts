import { checkBoolean } from '../../arguments.js';
import type { Model } from '../model.js';
import { checkFoldOptions, type FoldOptions, foldConstantsIn } from './fold-constants.js';
import { inlineFunctionsIn } from './inline-functions.js';
import { mergeDuplicateWeightsIn } from './merge-duplicate-weights.js';
import { type Change, type PassResult, reporter } from './pass.js';
import { removeDeadCodeIn } from './remove-dead-code.js';
import { removeIdentitiesIn } from './remove-identities.js';

export interface SimplifyOptions extends FoldOptions {
  /** Also puts the bodies of the model's functions in place of their calls. Default: true. */
  inlineFunctions?: boolean;
}

/** Ends what would go on for ever, should two passes undo each other. */
const mostRounds = 20;

/**
 * Makes a model smaller without changing what it computes: {@link inlineFunctions}, then
 * {@link foldConstants}, {@link removeIdentities} and {@link removeDeadCode} until they find no more
 * to do, then {@link mergeDuplicateWeights}. Names of inputs and outputs stay.
 */
export async function simplify(model: Model, options: SimplifyOptions = {}): Promise<PassResult> {
  checkFoldOptions(options, ['inlineFunctions']);
  const { inlineFunctions = true, signal } = options;
  checkBoolean('options.inlineFunctions', inlineFunctions);
  const copy = model.clone();
  const changes: Change[] = [];
  if (inlineFunctions) inlineFunctionsIn(copy, reporter('inlineFunctions', changes));
  let before = -1;
  for (let round = 0; round < mostRounds && changes.length !== before; round++) {
    before = changes.length;
    await foldConstantsIn(copy, reporter('foldConstants', changes), options);
    await removeIdentitiesIn(copy, reporter('removeIdentities', changes), signal);
    removeDeadCodeIn(copy, reporter('removeDeadCode', changes));
  }
  await mergeDuplicateWeightsIn(copy, reporter('mergeDuplicateWeights', changes), signal);
  return { model: copy, changes };
}
