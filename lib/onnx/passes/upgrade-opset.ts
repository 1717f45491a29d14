import { checkInteger, checkOptions } from '../../arguments.js';
import { TensorRTError } from '../../errors.js';
import type { Model } from '../model.js';
import { inferShapes } from '../shapes/infer-shapes.js';
import { inlineFunctionsIn } from './inline-functions.js';
import { type PassResult, type Report, runPass } from './pass.js';
import { Site } from './upgrade/site.js';
import { steps } from './upgrade/steps.js';

const oldest = 7;
const newest = 25;

/** The IR version that came with an opset (ONNX, docs/Versioning.md). */
const irVersions: readonly (readonly [opset: number, irVersion: number])[] = [
  [7, 3],
  [9, 4],
  [10, 5],
  [11, 6],
  [12, 7],
  [15, 8],
  [19, 9],
  [21, 10],
  [23, 11],
  [24, 12],
  [25, 13],
];

/**
 * Raises the opset of a model, operator by operator: attributes that became inputs are moved there,
 * defaults that changed are written out, operators that were withdrawn are replaced. Functions
 * are put in place of their calls first. Operators of other domains stay as they are.
 *
 * @param version - from the model's own opset to 25. A model of that opset is returned as it is.
 * @throws TensorRTError `ERR_UNSUPPORTED` for an opset below 7, and for an operator that cannot be
 * raised, which it names.
 */
export async function upgradeOpset(
  model: Model,
  version: number,
  options: { signal?: AbortSignal | undefined } = {},
): Promise<PassResult> {
  checkOptions('options', options, ['signal']);
  checkInteger('version', version, model.opset, newest);
  if (model.opset < oldest) throw tooOld(model);
  return runPass('upgradeOpset', model, async (copy, report) => {
    if (copy.opset < version) await upgrade(copy, version, report, options.signal);
  });
}

async function upgrade(
  model: Model,
  version: number,
  report: Report,
  signal?: AbortSignal,
): Promise<void> {
  inlineFunctionsIn(model, report);
  const [left] = model.proto.functions;
  if (left) throw foreignFunction(left.name, left.domain);
  const shapes = await inferShapes(model, { signal });
  for (const graph of model.graphs()) {
    const site = new Site(model, graph, (tensor) => shapes.tensor(tensor, graph.proto));
    for (let next = model.opset + 1; next <= version; next++) {
      raiseNodes(site, next, report);
    }
  }
  const irVersion = irVersions.findLast(([opset]) => opset <= version)?.[1] ?? 0;
  if (model.irVersion < 4) dropInitializersFromInputs(model);
  model.setOpset(version, Math.max(irVersion, 4));
}

function raiseNodes(site: Site, opset: number, report: Report): void {
  const byOperator = steps[opset];
  if (!byOperator) return;
  for (const node of [...site.graph.nodes]) {
    const step = node.domain === '' ? byOperator[node.opType] : undefined;
    if (step?.(node, site)) report(node, `raised the ${node.opType} to opset ${opset}`);
  }
  site.graph.changed();
}

/** From IR version 4 on, an initializer among the inputs is one that may be fed. */
function dropInitializersFromInputs({ graph }: Model): void {
  graph.proto.input = graph.proto.input.filter(({ name }) => !graph.initializer(name));
  graph.changed();
}

function foreignFunction(name: string, domain: string): TensorRTError {
  return new TensorRTError(
    'ERR_UNSUPPORTED',
    `The function '${name}' of domain '${domain}' is written for another opset than the model's, and cannot be raised with it.`,
    { node: { opType: name }, remedy: 'Export the model again without functions.' },
  );
}

function tooOld(model: Model): TensorRTError {
  return new TensorRTError(
    'ERR_UNSUPPORTED',
    `The model has opset ${model.opset}, and opsets below ${oldest} cannot be raised.`,
    { file: model.path, remedy: 'Export the model again.' },
  );
}
