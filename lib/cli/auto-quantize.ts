import type { Command } from 'commander';
import { agreementOf } from '../evaluate/agreement.js';
import { answersOf } from '../evaluate/classification/answers.js';
import { classificationTask } from '../evaluate/classification/classification-task.js';
import { scoreOf } from '../evaluate/evaluate.js';
import { Model } from '../onnx/model.js';
import {
  type AutoQuantizeReport,
  type AutoQuantizeResult,
  autoQuantize,
} from '../quantize/tuning/auto-quantize.js';
import type { Evaluate } from '../quantize/tuning/sensitivity-options.js';
import { openOnnxRuntime } from '../runtime/onnxruntime.js';
import { readLabels } from '../samples/read-labels.js';
import { command, jsonOption, numberThat, wholeNumber } from './command.js';
import { addPlacementOptions, type PlacementFlags, placementOf } from './placement-options.js';
import { seconds, withProgress } from './progress.js';
import { addSampleOptions, type SampleFlags, samplesOf } from './sample-options.js';
import { note, printJson, printLines, styled } from './terminal.js';
import { alignRight, bytes, counted, section, table } from './text.js';

interface AutoQuantizeFlags extends SampleFlags, PlacementFlags {
  output: string;
  validation: string;
  labels?: string;
  mask?: string;
  maxDrop?: number;
  minSpeedup?: number;
  maxTrials?: number;
  json?: boolean;
}

/** `tensorrt-node auto-quantize`: exit code 1 where nothing could be quantized within the bound. */
export function autoQuantizeCommand(): Command {
  const searching = command('auto-quantize', 'quantize as much of a model as its accuracy allows', [
    'auto-quantize model.onnx --samples train.npz --validation held-out.npz -o model.int8.onnx',
    'auto-quantize model.onnx --samples train.jsonl --validation held-out.jsonl --labels label --max-drop 0.003 -o model.int8.onnx',
  ])
    .argument('<model>', 'an ONNX model')
    .requiredOption('-o, --output <file>', 'where the new model goes')
    .requiredOption('--validation <path>', 'other samples, by which models are judged')
    .option(
      '--labels <field>',
      'the right answers in --validation; else those of the float model count',
    )
    .option('--max-drop <share>', 'how much worse it may be (0.01)', share)
    .option('--min-speedup <times>', 'against half precision, by estimate without a GPU (1)', share)
    .option('--max-trials <count>', 'models to judge at most', wholeNumber)
    .option('--mask <input>', 'leave out positions where this input is 0: padding')
    .addOption(jsonOption());
  return addPlacementOptions(addSampleOptions(searching)).action(run);
}

async function run(file: string, flags: AutoQuantizeFlags): Promise<void> {
  const model = await Model.load(file);
  const { mask } = flags;
  const evaluate = await metricOf(model, flags);
  const result = await withProgress((line) =>
    autoQuantize(model, samplesOf(flags, model), evaluate, {
      quantize: placementOf(flags),
      calibration: mask === undefined ? undefined : { padding: { mask } },
      maxAccuracyDrop: flags.maxDrop,
      minSpeedup: flags.minSpeedup,
      maxTrials: flags.maxTrials,
      onProgress: ({ phase, variant, trials, elapsedMs }) =>
        line.show(
          [phase, variant, counted(trials, 'trial'), seconds(elapsedMs)].filter(Boolean).join(', '),
        ),
    }),
  );
  const saved = await result.model.save(flags.output);
  const { precision, report } = result;
  if (flags.json) printJson({ file, output: saved, precision, report });
  else printLines(describe(result, flags));
  note(
    `Wrote ${saved.files.join(' and ')}: ${bytes(model.byteLength())} became ${bytes(saved.bytes)}.`,
  );
  process.exitCode = precision === 'quantized' ? 0 : 1;
}

/** Accuracy by the labels, or the agreement with the float model where there are none. */
async function metricOf(model: Model, flags: AutoQuantizeFlags): Promise<Evaluate> {
  const { validation, labels, limit: _ofCalibration, ...others } = flags;
  const samples = samplesOf({ ...others, samples: validation }, model);
  if (labels !== undefined) {
    const task = classificationTask({ samples, labels: await readLabels(validation, labels) });
    return async (runtime) => (await scoreOf(runtime, task)).metrics['accuracy'] as number;
  }
  await using float = await openOnnxRuntime(model, { isolate: true });
  const expected = await answersOf(float, samples);
  return async (runtime) => agreementOf(expected, await answersOf(runtime, samples));
}

function describe({ report }: AutoQuantizeResult, { labels }: AutoQuantizeFlags): string[] {
  const { outcome, metric, floatMetric, bound, float, linear } = report;
  const name = labels === undefined ? 'agreement with the float model' : 'accuracy';
  return [
    styled('bold', outcome),
    `${name} ${metric.toFixed(4)}, in float ${floatMetric.toFixed(4)}, at least ${bound.toFixed(4)} was asked for.`,
    `${linear.quantized} of ${counted(linear.total, 'linear layer')} quantized.`,
    ...section(
      'Stay in float',
      table(float.map(({ name: group, nodes }) => [counted(nodes.length, 'node'), group])),
    ),
    ...section('Trials', trialLines(report)),
  ];
}

function trialLines({ trials }: AutoQuantizeReport): string[] {
  const figures = alignRight(trials.map(({ float }) => `${float.length}`));
  return table(
    trials.map(({ metric, meets, variant }, index) => [
      meets ? styled('green', 'enough') : styled('yellow', 'too low'),
      metric.toFixed(4),
      `${figures[index]} groups in float`,
      variant,
    ]),
  );
}

const share = numberThat('from 0', (value) => value >= 0);
