import { type Command, Option } from 'commander';
import type { PlacementOptions, SchemeName } from '../quantize/placement/options.js';
import { collect } from './command.js';
import { addShapeOptions, profilesOf, type ShapeFlags } from './shape-options.js';

/** What is to be quantized, as it was given on the command line. */
export interface PlacementFlags extends ShapeFlags {
  scheme?: SchemeName;
  attention?: 'auto' | 'int8' | 'float';
  residuals?: 'both' | 'skip' | 'none';
  embeddings?: boolean;
  type?: 'int8' | 'fp8';
  precision?: 'fp32' | 'fp16' | 'bf16';
  keepFloat?: string[];
}

export function addPlacementOptions(command: Command): Command {
  const placing = command
    .addOption(
      new Option('--scheme <name>', 'which rules place Q/DQ nodes (by the model)').choices([
        'transformer',
        'cnn',
        'weights-only',
      ]),
    )
    .addOption(
      new Option('--attention <choice>', 'INT8 where it is fused, always, or never (auto)').choices(
        ['auto', 'int8', 'float'],
      ),
    )
    .addOption(
      new Option('--residuals <inputs>', 'inputs of residual Adds to quantize (skip)').choices([
        'both',
        'skip',
        'none',
      ]),
    )
    .option('--embeddings', 'store embedding tables as INT8, too')
    .addOption(
      new Option('--type <type>', 'what quantized nodes compute in (int8)').choices([
        'int8',
        'fp8',
      ]),
    )
    .addOption(
      new Option('--precision <type>', 'what all else computes in (fp32)').choices([
        'fp32',
        'fp16',
        'bf16',
      ]),
    )
    .option(
      '--keep-float <name>',
      'nodes that stay in float, * for any characters; may be repeated',
      collect,
    );
  return addShapeOptions(placing);
}

/** The options that were given, without the others. */
export function placementOf(flags: PlacementFlags): PlacementOptions {
  const { scheme, attention, residuals, embeddings, type, precision, keepFloat } = flags;
  return {
    scheme,
    attention,
    residuals: residuals && ({ both: true, skip: 'skip', none: false } as const)[residuals],
    embeddings,
    type,
    precision,
    keepFloat,
    profiles: profilesOf(flags),
  };
}
