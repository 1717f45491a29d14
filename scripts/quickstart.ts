/**
 * The main job on a real model and real text: a sentence encoder with a classifier is calibrated
 * and quantized to INT8, TensorRT engines of both precisions are built, and accuracy and speed are
 * compared.
 */
import { availableParallelism, cpus } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { doctor, Runtime, TensorRTError } from 'tensorrt-node';
import { prepareClassifier } from './quickstart/classifier.js';
import { type ComparisonTexts, compareOn } from './quickstart/compare-runtimes.js';
import { type BuildTarget, buildEngines } from './quickstart/engines.js';
import { writeAtomically } from './quickstart/files.js';
import { count } from './quickstart/format.js';
import { compareOnGpu, findGpu } from './quickstart/gpu.js';
import { reportPage } from './quickstart/html.js';
import { readInputs } from './quickstart/inputs.js';
import { type Models, makeModels } from './quickstart/models.js';
import type { Report, RuntimeFacts } from './quickstart/report.js';
import { Steps } from './quickstart/steps.js';
import { reportTable } from './quickstart/table.js';

const project = fileURLToPath(new URL('..', import.meta.url));
const outputFolder = join(project, 'quickstart-output');

const maxTokens = 128;
/** Half of what there is: the other half would take as long again and hardly add accuracy. */
const trainTexts = 5000;
const calibrationTexts = 256;
const batchSize = 32;
const shape = { min: [1, 1], opt: [8, 32], max: [batchSize, maxTokens] };
/** Of ONNX Runtime. */
const threads = 2;
const latencyTexts = 200;
const warmUp = 20;
const usualTargets: readonly BuildTarget[] = (['sm86', 'sm89', 'sm120'] as const).map((name) => ({
  name,
  options: { targets: [name] },
}));

async function quickstart(steps: Steps): Promise<Report> {
  const started = performance.now();
  const machine = await doctor();
  const gpu = findGpu(machine);

  const inputs = await steps.run(
    'Read and tokenize the texts',
    () =>
      readInputs({
        maxTokens,
        trainTexts,
        calibrationTexts,
        latencyTexts: warmUp + latencyTexts,
      }),
    ({ heldOut }) => `${count(heldOut.reviews.length)} held out`,
  );
  const { heldOut, latency } = inputs;
  const texts: ComparisonTexts = { heldOut, batchSize, latency, warmUp };
  const classifier = await prepareClassifier(inputs, { batchSize, threads }, steps);
  const made = await makeModels(inputs, classifier, outputFolder, steps);
  const targets = targetsWith(gpu.target);
  const request = { models: made.models, targets, shape, folder: outputFolder };
  const { engines, eventLoopDelayMs } = await buildEngines(request, steps);

  const facts = await compareByOnnxRuntime(machine.onnxruntime, made, texts, steps);
  const { tensorrt, notMeasured } = await compareOnGpu(gpu, engines, texts, steps);

  const { modelBytes, calibration, quantized } = made;
  return {
    created: new Date().toISOString(),
    model: 'all-MiniLM-L6-v2 with a sentiment classifier',
    parameters: inputs.parameters,
    samples: heldOut.reviews.length,
    texts: {
      train: inputs.train.reviews.length,
      heldIn: inputs.heldIn.reviews.length,
      calibration: inputs.calibration.reviews.length,
      heldOut: heldOut.reviews.length,
      latency: latencyTexts,
    },
    calibration,
    quantized,
    ...facts,
    modelBytes,
    engines: engines.map((engine) => ({ ...engine, file: relative(project, engine.file) })),
    eventLoopDelayMs,
    gpu: gpu.name,
    tensorrt,
    notMeasured,
    machine: {
      cpu: cpus()[0]?.model ?? 'unknown CPU',
      cores: availableParallelism(),
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
    },
    seconds: (performance.now() - started) / 1000,
  };
}

/** The usual targets, and the GPU of this machine if it is another. */
function targetsWith(own: BuildTarget | undefined): readonly BuildTarget[] {
  if (!own) return usualTargets;
  return [...usualTargets.filter(({ name }) => name !== own.name), own];
}

async function compareByOnnxRuntime(
  version: string | undefined,
  { models }: Models,
  texts: ComparisonTexts,
  steps: Steps,
): Promise<RuntimeFacts> {
  // In this process: the answers are timed, and copies between processes would be timed with them.
  const inProcess = { runtime: 'onnxruntime', threads, isolate: false } as const;
  await using fp32 = await Runtime.load(models.fp32, inProcess);
  await using int8 = await Runtime.load(models.int8, inProcess);
  const runtime = { name: 'ONNX Runtime', details: `${version}, CPU, ${threads} threads` };
  return await compareOn(runtime, { fp32, int8 }, texts, steps);
}

async function main(): Promise<void> {
  const interruption = new AbortController();
  process.once('SIGINT', () => interruption.abort(new Interrupted()));
  const report = await quickstart(new Steps(interruption.signal));
  const pages = {
    'quickstart-report.json': `${JSON.stringify(report, null, 2)}\n`,
    'quickstart-report.html': reportPage(report),
  };
  for (const [name, content] of Object.entries(pages)) {
    await writeAtomically(join(project, name), content);
  }
  const color = process.stdout.isTTY && process.stdout.hasColors();
  const places = [...Object.keys(pages), `${relative(project, outputFolder)}/`].join(', ');
  console.log(`\n${reportTable(report, color)}\n\n  Written: ${places}\n`);
}

class Interrupted extends Error {
  override readonly message = 'Interrupted; what was half done has been removed.';
}

try {
  await main();
} catch (error) {
  const explained = error instanceof TensorRTError || error instanceof Interrupted;
  const hint = explained ? '' : ' (DEBUG=1 shows where.)';
  console.error(process.env['DEBUG'] ? error : `\n${(error as Error).message}${hint}`);
  process.exitCode = error instanceof Interrupted ? 130 : 1;
}
