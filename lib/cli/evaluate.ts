import { type Command, Option } from 'commander';
import { evaluate } from '../evaluate/evaluate.js';
import type { EvaluatedModel, EvaluationReport } from '../evaluate/evaluation-report.js';
import { evaluationTable, evaluationToMarkdown } from '../evaluate/evaluation-table.js';
import { runtimeNames } from '../runtime/runtime.js';
import { command, jsonOption, numberThat, wholeNumber } from './command.js';
import { type ContenderFlags, openContenders, precisionList } from './contenders.js';
import { seconds, withProgress } from './progress.js';
import { addSampleOptions } from './sample-options.js';
import { taskCommands } from './tasks/index.js';
import type { TaskCommand, TaskFlags } from './tasks/task-command.js';
import { printJson, printLines, styled } from './terminal.js';
import { alignRight, counted, number, section, table } from './text.js';

interface EvaluateFlags extends TaskFlags, ContenderFlags {
  maxDrop: number;
  confusion?: boolean;
  markdown?: boolean;
  json?: boolean;
}

/** `tensorrt-node evaluate`: exit code 1 where a model loses more than `--max-drop`. */
export function evaluateCommand(): Command {
  const evaluating = command('evaluate', 'how right models are, on labelled data', [
    'evaluate fp32.onnx int8.onnx --task classification --samples test.npz --labels label',
    'evaluate model.onnx --precision fp32,fp16,int8 --calibration train.npz --task classification --samples test.npz --labels label --max-drop 0.5',
    'evaluate fp32.onnx int8.onnx --task classification --samples test.csv --tokenizer tokenizer.json --text-field review --labels sentiment --label-names negative,positive',
    'evaluate fp32.onnx int8.onnx --task squad --samples dev-v1.1.json --tokenizer tokenizer.json',
    'evaluate fp16.plan int8.plan --task token-classification --samples test.npz --labels tags --label-names O,B-PER,I-PER',
  ])
    .argument('<models...>', 'ONNX models or plans; the first is the reference')
    .addOption(
      new Option('--task <name>', 'what the models do')
        .choices(Object.keys(taskCommands))
        .makeOptionMandatory(),
    )
    .option('--metric <name>', 'by which models are compared, such as f1 or accuracy')
    .option(
      '--max-drop <points>',
      'how much a model may lose: points, or percent of a perplexity',
      numberThat('from 0', (value) => value >= 0),
      1,
    );
  addContenderOptions(
    addTaskOptions(addSampleOptions(evaluating, '128; squad: 384; perplexity: 512')),
  );
  return evaluating
    .option('--confusion', 'print for each model what was answered for which label')
    .option('--markdown', 'print the table as Markdown')
    .addOption(jsonOption())
    .action(run);
}

/** Options that several tasks share are added once. */
function addTaskOptions(evaluating: Command): Command {
  const added = new Set<string>();
  for (const { options } of Object.values(taskCommands)) {
    for (const option of options) {
      if (!added.has(option.attributeName())) evaluating.addOption(option);
      added.add(option.attributeName());
    }
  }
  return evaluating.option('--mask <input>', 'leave out positions where this input is 0: padding');
}

function addContenderOptions(evaluating: Command): Command {
  return evaluating
    .addOption(
      new Option('--runtime <name>', 'what runs ONNX models (onnxruntime)').choices(runtimeNames),
    )
    .addOption(
      new Option(
        '--int8 <how>',
        'with ONNX Runtime: by its INT8 kernels, or in float on the same rounded values, nearer to a GPU (kernels)',
      ).choices(['kernels', 'float']),
    )
    .option('--threads <count>', 'threads that ONNX Runtime computes with (all cores)', wholeNumber)
    .option('--library-dir <folder>', 'where the libraries of TensorRT are')
    .option(
      '--precision <list>',
      'of one model, its conversions: fp32,fp16,int8; the first is the reference',
      precisionList,
    )
    .option('--calibration <path>', 'with --precision int8: samples to measure ranges on')
    .option('--table <file>', 'with --precision int8: a calibration table');
}

async function run(paths: readonly string[], flags: EvaluateFlags): Promise<void> {
  const kind = taskCommands[flags.task] as TaskCommand;
  checkFlags(kind, flags);
  const contenders = await openContenders(paths, flags);
  try {
    const task = await kind.make(flags, contenders.inputs);
    const report = await withProgress((line) =>
      evaluate(
        contenders.list(() => task.samples()),
        task,
        {
          maxDrop: flags.maxDrop,
          onProgress: ({ name, samples, elapsedMs }) =>
            line.show(`${name}: ${counted(samples, 'sample')}, ${seconds(elapsedMs)}`),
        },
      ),
    );
    if (flags.json) printJson(report);
    else if (flags.markdown) printLines(evaluationToMarkdown(report).split('\n'));
    else printLines(describe(report, flags));
    process.exitCode = report.within ? 0 : 1;
  } finally {
    await contenders.close();
  }
}

/** Options of other tasks would be ignored. */
function checkFlags(kind: TaskCommand, flags: EvaluateFlags): void {
  const { metric } = flags;
  if (metric !== undefined && !kind.metrics.includes(metric)) {
    throw new TypeError(
      `Expected one of ${kind.metrics.join(', ')} for --metric but received '${metric}'`,
    );
  }
  const taken = new Set(kind.options.map((option) => option.attributeName()));
  for (const [name, { options }] of Object.entries(taskCommands)) {
    const idle = options.find((option) => {
      const key = option.attributeName();
      return !taken.has(key) && flags[key as keyof EvaluateFlags] !== undefined;
    });
    if (idle) throw new TypeError(`Expected --task ${name} beside ${idle.long}`);
  }
}

function describe(report: EvaluationReport, { confusion }: EvaluateFlags): string[] {
  const { task, items, models } = report;
  const notes = models.flatMap(({ name, notes: each }) => each.map((text) => `${name}: ${text}`));
  return [
    styled('bold', items === undefined ? task : `${task}, ${counted(items, 'answer')} each`),
    ...figureLines(report).map((line) => `  ${line}`),
    ...section('Notes', notes),
    ...(confusion ? models.flatMap(confusionLines) : []),
  ];
}

function figureLines(report: EvaluationReport): string[] {
  const { head, rows } = evaluationTable(report);
  const columns = head.map((title, column) => {
    const cells = [title, ...rows.map((row) => row[column] as string)];
    return column === 0 ? cells : alignRight(cells);
  });
  const lines = [head, ...rows].map((_, row) => columns.map((cells) => cells[row] as string));
  return table(lines).map((line, row) =>
    row > 0 && !report.models[row - 1]?.within ? styled('red', line) : line,
  );
}

function confusionLines({ name, confusion }: EvaluatedModel): string[] {
  if (!confusion) return [];
  const { labels, counts } = confusion;
  const columns = [
    ['', ...labels],
    ...labels.map((label, column) =>
      alignRight([label, ...counts.map((row) => number(row[column] as number))]),
    ),
  ];
  const lines = ['', ...labels].map((_, row) => columns.map((cells) => cells[row] as string));
  return section(`${name}: labels down, answers across`, table(lines));
}
