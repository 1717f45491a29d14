import { parseArgs } from 'node:util';
import { type DoctorReport, doctor } from '../engine/library/doctor.js';
import { productName } from '../engine/library/library.js';

/** `tensorrt-node doctor`: exit code 0 when engines can be built here, else 1. */
export async function doctorCommand(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { json: { type: 'boolean' } } });
  const report = await doctor();
  const text = values.json ? JSON.stringify(report, null, 2) : describe(report);
  process.stdout.write(`${text}\n`);
  return report.canBuild ? 0 : 1;
}

function describe(report: DoctorReport): string {
  return [
    `Node            ${report.node}`,
    `Native addon    ${report.addon ? 'loaded' : 'missing'}`,
    ...section('TensorRT', libraryLines(report)),
    `Driver          ${report.driver ? `supports CUDA ${report.driver}` : 'none'}`,
    ...section('GPUs', gpuLines(report)),
    `ONNX Runtime    ${report.onnxruntime ?? 'not installed (optional: onnxruntime-node)'}`,
    '',
    `Build engines   ${report.canBuild ? 'yes' : 'no'}`,
    `Run engines     ${report.canRun ? 'yes' : 'no'}`,
    ...report.problems.flatMap(({ problem, remedy }) => ['', `! ${problem}`, `  ${remedy}`]),
    ...section('\nLooked without success in', triedLines(report)),
  ].join('\n');
}

function section(title: string, lines: string[]): string[] {
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
