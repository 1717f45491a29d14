import { checkOneOf, invalidArgument } from '../../arguments.js';
import { checkProfileList, type Profile } from '../../engine/build/profiles.js';

/** The rule sets that have a name. */
export type SchemeName = 'transformer' | 'cnn' | 'weights-only';

/** Which nodes are quantized; shared by `calibrate`, `quantize` and everything that tries both. */
export interface PlacementOptions {
  /**
   * `'transformer'`: linear layers, attention and residual connections. `'cnn'`: convolutions,
   * linear layers and residual connections. `'weights-only'`: weights of linear layers, while
   * activations stay in float. Default: `'cnn'` for a model with convolutions and without attention,
   * otherwise `'transformer'`.
   */
  scheme?: SchemeName | undefined;
  /**
   * The optimisation profiles that the engine will be built with. Attention is INT8 only where it
   * can be fused, which the largest sequence of any profile decides.
   */
  profiles?: readonly Profile[] | undefined;
  /**
   * Names of nodes that stay in float; `*` stands for any characters. Nodes without a name have
   * the name that the report gives them.
   */
  keepFloat?: readonly string[] | undefined;
}

export const placementOptionNames = ['scheme', 'profiles', 'keepFloat'] as const;

/** @throws TypeError */
export function checkPlacementOptions(name: string, options: PlacementOptions): void {
  const { scheme, profiles, keepFloat = [] } = options;
  if (scheme !== undefined) {
    checkOneOf(`${name}.scheme`, scheme, ['transformer', 'cnn', 'weights-only']);
  }
  if (profiles !== undefined) checkProfileList(`${name}.profiles`, profiles);
  if (!Array.isArray(keepFloat) || keepFloat.some((pattern) => typeof pattern !== 'string')) {
    throw invalidArgument(`${name}.keepFloat`, 'an array of node names', keepFloat);
  }
}
