import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ForkedProcess } from '../../child-process.js';
import { TensorRTError, type TensorRTErrorDetails } from '../../errors.js';
import { makeTemporaryFolder, onFile } from '../../files.js';
import type {
  NativeBuildEvent,
  NativeBuildMonitor,
  NativeBuildRequest,
  NativeBuildResult,
  NativeLibraryPaths,
} from '../../native.js';

/** What a build process is told first; later it can only be told to cancel. */
export interface BuildOrder {
  readonly kind: 'build';
  readonly library: NativeLibraryPaths;
  /** Plugin libraries to load before the model is read. */
  readonly plugins: readonly string[];
  readonly request: NativeBuildRequest;
}

export type BuildCommand = BuildOrder | { readonly kind: 'cancel' };

export type BuildReport =
  | { readonly kind: 'events'; readonly events: readonly NativeBuildEvent[] }
  | { readonly kind: 'built'; readonly result: NativeBuildResult }
  /** An error as the native side makes it: processes exchange no classes. */
  | { readonly kind: 'failed'; readonly message: string; readonly details: unknown };

type BuildProcess = ForkedProcess<BuildCommand, BuildReport>;

/** A build that was cancelled and goes on all the same is killed after this time. */
const graceMs = 5_000;
/** As many lines of TensorRT's log as help to understand a crash. */
const keptLogLines = 10;

/** Stands for the monitor of a build in another process. */
export class RemoteMonitor implements NativeBuildMonitor {
  #events: NativeBuildEvent[] = [];
  #log: string[] = [];
  #process: BuildProcess | undefined;
  #cancelled = false;
  #grace: NodeJS.Timeout | undefined;

  /** The last lines of TensorRT's log, oldest first. */
  get log(): readonly string[] {
    return this.#log;
  }

  cancel(): void {
    this.#cancelled = true;
    this.#process?.send({ kind: 'cancel' });
    this.#grace ??= setTimeout(() => this.#process?.kill(), graceMs).unref();
  }

  drain(): NativeBuildEvent[] {
    return this.#events.splice(0);
  }

  attach(process: BuildProcess): void {
    this.#process = process;
    if (this.#cancelled) this.cancel();
  }

  add(events: readonly NativeBuildEvent[]): void {
    this.#events.push(...events);
    const lines = events.filter(({ kind }) => kind === 'log').map(({ text }) => text);
    this.#log = [...this.#log, ...lines].slice(-keptLogLines);
  }

  detach(): void {
    clearTimeout(this.#grace);
    this.#process = undefined;
  }
}

/**
 * Builds in a process of its own, which knows from its start what to remove when its parent is gone.
 * Errors are those of a build in this process, with their details;
 * the end of the process is an `ERR_TRT_BUILD`.
 */
export async function buildIsolated(
  order: Omit<BuildOrder, 'kind'>,
  remove: readonly string[],
  monitor: RemoteMonitor,
): Promise<NativeBuildResult> {
  const { request } = order;
  const { planPath } = request;
  if (planPath !== undefined) return runBuild(order, [...remove, planPath], monitor);
  const folder = await makeTemporaryFolder();
  try {
    const path = join(folder, 'engine.plan');
    const complete = { ...order, request: { ...request, planPath: path } };
    const result = await runBuild(complete, [...remove, folder], monitor);
    return { ...result, plan: await onFile('read', path, () => readFile(path)) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runBuild(
  order: Omit<BuildOrder, 'kind'>,
  remove: readonly string[],
  monitor: RemoteMonitor,
): Promise<NativeBuildResult> {
  let child: BuildProcess | undefined;
  try {
    return await new Promise((resolve, reject) => {
      child = new ForkedProcess(new URL('./build-child.js', import.meta.url), remove, {
        onMessage: (report) => {
          if (report.kind === 'events') monitor.add(report.events);
          else if (report.kind === 'built') resolve(report.result);
          else reject(Object.assign(new Error(report.message), { details: report.details }));
        },
        onEnd: (how) => reject(endedError(how, child?.errorOutput ?? '', monitor.log)),
      });
      child.send({ kind: 'build', ...order });
      monitor.attach(child);
    });
  } finally {
    monitor.detach();
    await child?.end();
  }
}

function endedError(how: string, errorOutput: string, log: readonly string[]): Error {
  const lines = [...log, ...errorOutput.split('\n').filter(Boolean)];
  const said = lines.length > 0 ? ` Its last lines:\n${lines.join('\n')}\n` : '';
  const details: TensorRTErrorDetails = {
    log: lines,
    remedy:
      how === 'SIGKILL'
        ? 'If the system killed it, memory ran out: stop other builds, or use a machine with more.'
        : undefined,
  };
  return new TensorRTError('ERR_TRT_BUILD', `The build process ended with ${how}.${said}`, details);
}
