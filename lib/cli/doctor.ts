import type { Command } from 'commander';
import { type DoctorReport, doctor } from '../engine/library/doctor.js';
import { productName } from '../engine/library/library.js';
import { command, jsonOption } from './command.js';
import { printJson, printLines } from './terminal.js';
import { section } from './text.js';

/** `tensorrt-node doctor`: exit code 0 when engines can be built here, else 1. */
export function doctorCommand(): Command {
  return command('doctor', 'tell what is installed, what is missing, and how to mend it', [
    'doctor',
    'doctor --json',
  ])
    .addOption(jsonOption())
    .action(async ({ json }: { json?: boolean }) => {
      const report = await doctor();
      if (json) printJson(report);
      else printLines(describe(report));
      process.exitCode = report.canBuild ? 0 : 1;
    });
}

function describe(report: DoctorReport): string[] {
  return [
    `Node            ${report.node}`,
    `Native addon    ${report.addon ? 'loaded' : 'missing'}`,
    ...block('TensorRT', libraryLines(report)),
    `Driver          ${report.driver ? `supports CUDA ${report.driver}` : 'none'}`,
    ...block('GPUs', gpuLines(report)),
    `ONNX Runtime    ${report.onnxruntime ?? 'not installed (optional: onnxruntime-node)'}`,
    '',
    `Build engines   ${report.canBuild ? 'yes' : 'no'}`,
    `Run engines     ${report.canRun ? 'yes' : 'no'}`,
    ...report.problems.flatMap(({ problem, remedy }) => ['', `! ${problem}`, `  ${remedy}`]),
    ...section('Looked without success in', triedLines(report)),
  ];
}

function block(title: string, lines: string[]): string[] {
  if (lines.length === 0) return [];
  return [title, ...lines.map((line) => `  ${line}`)];
}

function libraryLines({ libraries }: DoctorReport): string[] {
  if (libraries.length === 0) return ['none'];
  return libraries.map(({ product, version, kind, core, parser, source, problem }) => {
    if (version === undefined) return `${core} (${source}): ${problem}`;
    const runsOnly = kind === 'full' ? '' : `, ${kind} runtime`;
    const building = runsOnly || (parser ? '' : ', without ONNX parser');
    return `${productName(product)} ${version}${building}  ${core} (${source})`;
  });
}

function gpuLines({ gpus }: DoctorReport): string[] {
  if (gpus.length === 0) return ['none'];
  return gpus.map((gpu) => {
    const memory = `${(gpu.memoryBytes / 2 ** 30).toFixed(1)} GiB`;
    const served = gpu.servedBy.map(productName).join(' or ') || 'no supported TensorRT';
    return `${gpu.ordinal}: ${gpu.name}, ${gpu.computeCapability}, ${memory}, runs ${served}`;
  });
}

function triedLines({ tried }: DoctorReport): string[] {
  return tried.map(({ path, source, problem }) => `${path} (${source}): ${problem}`);
}
