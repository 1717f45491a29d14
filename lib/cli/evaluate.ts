import { type Command, Option } from 'commander';
import { type Contender, evaluate } from '../evaluate/evaluate.js';
import type { EvaluatedModel, EvaluationReport } from '../evaluate/evaluation-report.js';
import { evaluationTable } from '../evaluate/evaluation-table.js';
import { evaluationToMarkdown } from '../evaluate/to-markdown.js';
import { Model } from '../onnx/model.js';
import { openOnnxRuntime } from '../runtime/onnxruntime.js';
import type { Runtime } from '../runtime/runtime.js';
import { command, jsonOption, numberThat } from './command.js';
import { seconds, withProgress } from './progress.js';
import { addSampleOptions } from './sample-options.js';
import { taskCommands } from './tasks/index.js';
import type { TaskCommand, TaskFlags } from './tasks/task-command.js';
import { printJson, printLines, styled } from './terminal.js';
import { alignRight, counted, number, section, table } from './text.js';

interface EvaluateFlags extends TaskFlags {
  task: string;
  maxDrop: number;
  confusion?: boolean;
  markdown?: boolean;
  json?: boolean;
}

/** `tensorrt-node evaluate`: exit code 1 where a model loses more than `--max-drop`. */
export function evaluateCommand(): Command {
  const evaluating = command('evaluate', 'how right models are, on labelled data', [
    'evaluate fp32.onnx int8.onnx --task classification --samples test.npz --labels label',
    'evaluate fp32.onnx int8.onnx --task classification --samples test.jsonl --tokenizer tokenizer.json --labels label --max-drop 0.5',
  ])
    .argument('<models...>', 'ONNX models or plans; the first is the reference')
    .addOption(
      new Option('--task <name>', 'what the models do')
        .choices(Object.keys(taskCommands))
        .makeOptionMandatory(),
    )
    .option(
      '--max-drop <points>',
      'how much a model may lose: points, or percent of a perplexity',
      numberThat('from 0', (value) => value >= 0),
      1,
    )
    .option('--confusion', 'print for each model what was answered for which label')
    .option('--markdown', 'print the table as Markdown')
    .addOption(jsonOption());
  return addTaskOptions(addSampleOptions(evaluating)).action(run);
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
  return evaluating;
}

async function run(paths: readonly string[], flags: EvaluateFlags): Promise<void> {
  const kind = taskCommands[flags.task] as TaskCommand;
  checkFlags(kind, flags);
  const [reference, ...others] = paths as [string, ...string[]];
  await using first = await open(reference);
  const task = await kind.make(flags, first.inputs);
  const contenders: Contender[] = [
    { name: reference, runtime: first },
    ...others.map((path) => ({ name: path, runtime: () => open(path) })),
  ];
  const report = await withProgress((line) =>
    evaluate(contenders, task, {
      maxDrop: flags.maxDrop,
      onProgress: ({ name, samples, elapsedMs }) =>
        line.show(`${name}: ${counted(samples, 'sample')}, ${seconds(elapsedMs)}`),
    }),
  );
  if (flags.json) printJson(report);
  else if (flags.markdown) printLines([evaluationToMarkdown(report)]);
  else printLines(describe(report, flags));
  process.exitCode = report.within ? 0 : 1;
}

async function open(path: string): Promise<Runtime> {
  return await openOnnxRuntime(await Model.load(path), { isolate: true });
}

/** Options of other tasks would be ignored. */
function checkFlags(kind: TaskCommand, flags: EvaluateFlags): void {
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
