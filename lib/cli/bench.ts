import type { Command } from 'commander';
import { bench } from '../bench/bench.js';
import type { BenchProgress } from '../bench/bench-options.js';
import type { BenchReport } from '../bench/bench-report.js';
import { compareReports } from '../bench/compare/compare-reports.js';
import { readBenchReport } from '../bench/formats/read-report.js';
import { isPlan } from '../bench/subject.js';
import { addBenchOptions, type BenchFlags } from './bench-flags.js';
import { examineLayers, wantsLayers } from './bench-layers.js';
import { checkOutputs, formats, printsFile, writeOutputs } from './bench-output.js';
import { type PreparedBench, prepareBench } from './bench-plan.js';
import { lineForPlan, optionsOf } from './bench-request.js';
import { command, kebab } from './command.js';
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
    'bench after.json --compare before.json --html after.html',
    'bench --onnx=model.onnx --shapes=input_ids:8x128 --fp16 --saveEngine=model.plan',
  ]).argument(
    '[model]',
    'an ONNX model, a plan, or a report to tell again; or --onnx=, --loadEngine=',
  );
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

async function run(file: string, flags: BenchFlags, given: TrtexecLine): Promise<void> {
  checkOutputs(flags, file);
  const isReport = file.endsWith('.json');
  if (isReport) refuseMeasuring(file, flags);
  // What can be refused at once is refused before anything is read.
  else optionsOf(flags, given);
  const baseline = flags.compare === undefined ? undefined : await readBenchReport(flags.compare);
  if (isReport) return tell(await readBenchReport(file), flags, baseline);

  const line = (await isPlan(file)) ? lineForPlan(given) : given;
  const options = optionsOf(flags, line);
  for (const text of [...line.notes, ...conversionNotes(flags, line)]) note(text);
  const stop = stopOnInterrupt();
  try {
    const prepared = await prepareBench(file, flags, options, stop.signal);
    if (flags.buildOnly) return;
    const report = await measure(prepared, stop.signal);
    await tell(report, flags, baseline);
    if (stop.signal.aborted) process.exitCode = 1;
    else print(flags, await layersOf(prepared, flags, report));
  } finally {
    stop.end();
  }
}

/** Of a report that was measured before, only outputs can be asked for. */
function refuseMeasuring(file: string, flags: BenchFlags): void {
  const outputs: readonly string[] = [...formats, 'compare', 'threshold'];
  const other = Object.keys(flags).find((name) => !outputs.includes(name));
  if (other) throw new TypeError(`Expected no --${kebab(other)}, since '${file}' is a report`);
}

/** Prints a report, compares it with another, and writes it. */
async function tell(
  report: BenchReport,
  flags: BenchFlags,
  baseline: BenchReport | undefined,
): Promise<void> {
  print(flags, describeBench(report));
  process.exitCode = report.cells.some(({ result }) => result) ? 0 : 1;
  if (baseline) compare(report, baseline, flags);
  // After it is printed: a file that cannot be written must not cost the measurement.
  await writeOutputs(report, flags, baseline);
}

async function layersOf({ plan }: PreparedBench, flags: BenchFlags, report: BenchReport) {
  return plan && wantsLayers(flags) ? examineLayers(plan, flags, report) : [];
}

/** What is told goes where no file goes. */
function print(flags: BenchFlags, lines: readonly string[]): void {
  if (lines.length > 0 && !printsFile(flags)) printLines(lines);
}

/** Measures; where that is interrupted, gives what there is so far. */
async function measure(
  { subject, options }: PreparedBench,
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
