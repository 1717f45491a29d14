import { Model } from '../../onnx/model.js';
import { randomFeeds } from '../../samples/random-feeds.js';
import { type TensorMap, tensor } from '../../tensor.js';
import { type CellShapes, cellShapes } from '../cell-shapes.js';
import type { Target } from '../targets/target.js';
import type { OpenRequest } from './protocol.js';

/** The shapes of a cell; of a plan that was asked for none, those it is made fastest for. */
export function shapesOf({ shapes: request, subject }: OpenRequest, target: Target): CellShapes {
  const asked = request.shapes ?? request.batch ?? request.length;
  const isUsual = subject.kind === 'plan' && asked === undefined;
  return cellShapes(target.inputs, isUsual ? { shapes: optimalShapes(target) } : request);
}

function optimalShapes({ profiles: [first = {}] }: Target): Record<string, readonly number[]> {
  const ranges = Object.entries(first);
  return Object.fromEntries(
    ranges.flatMap(([name, range]) => ('opt' in range ? [[name, range.opt]] : [])),
  );
}

/** What a cell is fed, in turns. */
export async function feedsOf(
  { subject: { kind, path }, samples, seed }: OpenRequest,
  target: Target,
  { shapes }: CellShapes,
): Promise<readonly TensorMap[]> {
  if (samples) return samples;
  // Of a model the graph tells what fits; weights stay where they are.
  const source = kind === 'model' ? await Model.loadOutline(path) : target.inputs;
  return [{ ...randomFeeds(source, { shapes, seed }), ...shapeTensors(target) }];
}

/** Inputs that shapes depend on cannot be random: they are what the engine was made for. */
function shapeTensors({ inputs, profiles: [first = {}] }: Target): TensorMap {
  return Object.fromEntries(
    inputs.flatMap(({ name, type, dims }) => {
      const range = first[name];
      if (!range || !('values' in range) || !type || !dims) return [];
      return [[name, tensor(type, dims as number[], range.values.opt)] as const];
    }),
  );
}
