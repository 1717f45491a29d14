import type { Command } from 'commander';
import { readPlanInfo } from '../engine/plan/plan.js';
import type { PlanInfo } from '../engine/plan/plan-header.js';
import { TensorRTError } from '../errors.js';
import { writeFiles } from '../files.js';
import { inspect, openOutline } from '../inspect/inspect.js';
import { renderGraphHtml } from '../inspect/render-html.js';
import type { Model } from '../onnx/model.js';
import { inferShapes } from '../onnx/shapes/infer-shapes.js';
import { command, jsonOption, wholeNumber } from './command.js';
import { describeModel, describePlan, weightLines } from './describe-model.js';
import { describeTree } from './describe-tree.js';
import { note, printJson, printLines } from './terminal.js';
import { bytes } from './text.js';

interface InspectFlags {
  json?: boolean;
  tree?: boolean;
  all?: boolean;
  weights?: true | number;
  html?: string;
}

/** `tensorrt-node inspect`: what is in a model or a plan. */
export function inspectCommand(): Command {
  return command('inspect', 'tell what is in an ONNX model or a TensorRT plan', [
    'inspect model.onnx',
    'inspect model.onnx --tree',
    'inspect model.onnx --weights 50',
    'inspect model.onnx --html model.html',
    'inspect engine.plan --json',
  ])
    .argument('<file>', 'an ONNX model, or a plan (a serialised engine)')
    .option('--tree', 'list the nodes by the hierarchy in their names, with shapes')
    .option('--all', 'with --tree: list every layer, also those that are alike')
    .option('--weights [count]', 'list the largest weights, 30 unless told', wholeNumber)
    .option('--html <file>', 'draw the graph into a page that needs no network')
    .addOption(jsonOption())
    .action(async (file: string, flags: InspectFlags) => {
      const plan = await planInfo(file);
      if (plan) showPlan(file, plan, flags);
      else await showModel(file, flags);
    });
}

/** Undefined where the file is no plan, and so, it is to be hoped, a model. */
async function planInfo(file: string): Promise<PlanInfo | undefined> {
  try {
    return await readPlanInfo(file);
  } catch (error) {
    const isOther =
      error instanceof TensorRTError &&
      error.code === 'ERR_TRT_ENGINE_INVALID' &&
      error.message.includes('is not a TensorRT plan');
    if (isOther) return undefined;
    throw error;
  }
}

function showPlan(file: string, plan: PlanInfo, { json, tree, weights, html }: InspectFlags): void {
  if (tree || weights || html) {
    throw new TypeError(
      `Expected an ONNX model for --tree, --weights and --html, but '${file}' is a plan`,
    );
  }
  if (json) printJson({ file, ...plan });
  else printLines(describePlan(file, plan));
}

async function showModel(file: string, flags: InspectFlags): Promise<void> {
  const model = await openOutline(file, undefined);
  if (flags.html !== undefined) await writePicture(model, flags.html);
  if (flags.tree) return printLines(describeTree(model, await inferShapes(model), flags.all));
  if (flags.html !== undefined && !flags.json && flags.weights === undefined) return;
  const largestWeights = flags.weights === true ? 30 : (flags.weights ?? 10);
  const summary = await inspect(model, { largestWeights });
  if (flags.json) printJson(summary);
  else if (flags.weights !== undefined) printLines(weightLines(summary));
  else printLines(describeModel(summary));
}

async function writePicture(model: Model, path: string): Promise<void> {
  const page = new TextEncoder().encode(await renderGraphHtml(model));
  await writeFiles([{ path, parts: [page] }]);
  note(`Wrote ${path} (${bytes(page.byteLength)}): open it in a browser.`);
}
