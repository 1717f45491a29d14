import type { Command } from 'commander';
import { bench } from '../bench/bench.js';
import type { BenchOptions, BenchProgress } from '../bench/bench-options.js';
import type { BenchReport } from '../bench/bench-report.js';
import { compareReports } from '../bench/compare-reports.js';
import { readBenchReport } from '../bench/read-report.js';
import type { Plan } from '../engine/plan/plan.js';
import type { Model } from '../onnx/model.js';
import { addBenchOptions, type BenchFlags } from './bench-flags.js';
import { examineLayers, wantsLayers } from './bench-layers.js';
import { checkOutputs, printsFile, writeOutputs } from './bench-output.js';
import { prepareBench } from './bench-plan.js';
import { optionsOf } from './bench-request.js';
import { command } from './command.js';
import { describeBench } from './describe-bench.js';
import { describeComparison } from './describe-comparison.js';
import { seconds, withProgress } from './progress.js';
import { note, printLines } from './terminal.js';
import type { TrtexecLine } from './trtexec-effects.js';
import { readTrtexec } from './trtexec-flags.js';

/**
 * `tensorrt-node bench`: exit code 1 where nothing could be measured, or, with `--compare`, where a
 * cell got slower.
 */
export function benchCommand(): Command {
  const benching = command('bench', 'measure how fast a model or a plan runs', [
    'bench model.onnx --shapes input_ids:8x128,attention_mask:8x128',
    'bench model.onnx --matrix batch=1,8,32 precision=fp32,int8 runtime=onnxruntime --html bench.html',
    'bench engine.plan --duration 10 --cuda-graph --no-transfers --json bench.json',
    'bench model.onnx --rate 50,100,200 --arrivals poisson',
    'bench model.onnx --compare before.json --threshold 0.1',
    'bench --onnx=model.onnx --shapes=input_ids:8x128 --fp16 --saveEngine=model.plan',
  ]).argument('[model]', 'an ONNX model, or a plan; or --onnx=, --loadEngine= as in trtexec');
  addBenchOptions(benching).addHelpText(
    'after',
    '\nFlags of trtexec are taken too; docs/bench.md lists them.',
  );
  const read = readFirst(benching);
  return benching.action((model: string | undefined, flags: BenchFlags) =>
    run(modelOf(model, read().model), flags, read()),
  );
}

/** Lets flags of trtexec be taken out of the arguments before they are parsed. */
function readFirst(benching: Command): () => TrtexecLine {
  const parse = benching.parseOptions.bind(benching);
  let line = readTrtexec([], []);
  benching.parseOptions = (args) => {
    const own = benching.options.flatMap(({ long }) => long ?? []);
    line = readTrtexec(args, [...own, '--help']);
    return parse(line.args);
  };
  return () => line;
}

/** People paste the name of the program, trtexec, too. */
function modelOf(model: string | undefined, named: string | undefined): string {
  const isPasted = named !== undefined && /(^|\/)trtexec(\.exe)?$/.test(model ?? '');
  if (named === undefined && model === undefined) {
    throw new TypeError('Expected a model, or --onnx=<file>, or --loadEngine=<file>');
  }
  if (named !== undefined && model !== undefined && !isPasted) {
    throw new TypeError(`Expected one model or plan, not '${model}' and '${named}'`);
  }
  return named ?? (model as string);
}

async function run(file: string, flags: BenchFlags, line: TrtexecLine): Promise<void> {
  checkOutputs(flags, file);
  const baseline = flags.compare === undefined ? undefined : await readBenchReport(flags.compare);
  const options = optionsOf(flags, line);
  for (const text of [...line.notes, ...conversionNotes(flags, line)]) note(text);

  const stop = stopOnInterrupt();
  try {
    const {
      subject,
      options: complete,
      plan,
    } = await prepareBench(file, flags, options, stop.signal);
    if (flags.buildOnly) return;
    const report = await measure(subject, complete, stop.signal);
    await writeOutputs(report, flags, baseline);
    print(flags, describeBench(report));
    process.exitCode = report.cells.some(({ result }) => result) ? 0 : 1;
    if (baseline) compare(report, baseline, flags);
    if (stop.signal.aborted) process.exitCode = 1;
    else if (plan && wantsLayers(flags)) print(flags, await examineLayers(plan, flags, report));
  } finally {
    stop.end();
  }
}

/** What is told goes where no file goes. */
function print(flags: BenchFlags, lines: readonly string[]): void {
  if (lines.length > 0 && !printsFile(flags)) printLines(lines);
}

/** Measures; where that is interrupted, gives what there is so far. */
async function measure(
  subject: Model | Plan | string,
  options: BenchOptions,
  signal: AbortSignal,
): Promise<BenchReport> {
  let sofar: BenchReport | undefined;
  let total = 0;
  try {
    return await withProgress((line) =>
      bench(subject, {
        ...options,
        signal,
        onProgress: (progress) => {
          total = progress.cells;
          line.show(progressText(progress));
        },
        onReport: (report) => {
          sofar = report;
        },
      }),
    );
  } catch (error) {
    if (!signal.aborted || !sofar) throw error;
    note(`Stopped after ${sofar.cells.length} of ${total} cells.`);
    return sofar;
  }
}

function progressText({ cell, cells, name, phase, elapsedMs, remainingMs }: BenchProgress): string {
  const left = remainingMs === undefined ? '' : `, ${seconds(remainingMs)} left`;
  return `${cell} of ${cells}: ${name}: ${phase}, ${seconds(elapsedMs)}${left}`;
}

/** The first Ctrl-C ends the measurement, the second this process. */
function stopOnInterrupt() {
  const controller = new AbortController();
  const stop = () => controller.abort(new Error('The measurement was stopped.'));
  process.once('SIGINT', stop);
  return { signal: controller.signal, end: () => process.off('SIGINT', stop) };
}

/** A precision is no wish to the builder here: the model itself is converted. */
function conversionNotes({ samples, table }: BenchFlags, { precisions }: TrtexecLine): string[] {
  if (precisions.size === 0) return [];
  const flags = [...precisions].map((name) => `--${name}`).join(' ');
  const quantized = ['int8', 'fp8'].find((type) => precisions.has(type as 'int8' | 'fp8'));
  const isGuess = quantized && samples === undefined && table === undefined;
  return [
    `${flags}: the model is converted first, since engines are strongly typed.`,
    ...(isGuess
      ? [
          `--${quantized}: quantized with ranges from random inputs: good for speed only; give --samples.`,
        ]
      : []),
  ];
}

function compare(report: BenchReport, baseline: BenchReport, flags: BenchFlags): void {
  const comparison = compareReports(baseline, report, { threshold: flags.threshold });
  const lines = describeComparison(flags.compare as string, comparison);
  if (printsFile(flags)) note(lines.slice(1).join('\n'));
  else printLines(lines);
  if (comparison.cells.some(({ verdict }) => verdict === 'slower')) process.exitCode = 1;
}
