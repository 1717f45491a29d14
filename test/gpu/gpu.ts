import { type DoctorReport, doctor, type Product } from 'tensorrt-node';
import { beforeEach } from 'vitest';

/** What this machine has, found once for each file of tests. */
const report: DoctorReport = await doctor();
// A build that is broken is no reason to skip.
if (!report.addon) throw new Error(report.problems[0]?.problem);
const gpu = report.gpus[0];

/** Installed products, of which some may not serve the GPU. */
const installed = new Set(report.libraries.filter((l) => l.version).map((l) => l.product));

/** The product that builds and runs here; TensorRT where both do. */
export const product: Product | undefined = (['tensorrt', 'tensorrt-rtx'] as const).find(
  (name) => installed.has(name) && gpu?.servedBy.includes(name),
);

/** Why nothing that needs the driver alone runs here; `undefined` where it does. */
export const whyNoGpu =
  gpu === undefined ? `there is no GPU: ${report.problems[0]?.problem ?? 'no reason'}` : undefined;

/** Why no engine runs here; `undefined` where engines do. */
export const whyNoEngine =
  whyNoGpu ??
  (product === undefined
    ? `no installed TensorRT serves the ${gpu?.name} (compute capability ${gpu?.computeCapability})`
    : undefined);

/** Why the refusal of TensorRT for RTX cannot be seen here. */
export const whyNoRefusal =
  whyNoGpu ??
  (!installed.has('tensorrt-rtx')
    ? 'TensorRT for RTX is not installed'
    : gpu?.servedBy.includes('tensorrt-rtx')
      ? `TensorRT for RTX serves the ${gpu.name}`
      : undefined);

/** Skips the tests that follow where there is a reason, which the summary repeats. */
export function skipWhere(reason: string | undefined): void {
  beforeEach((context) => {
    if (reason !== undefined) context.skip(reason);
  });
}
