import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { vi } from 'vitest';

export interface CliRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process takes as long as the machine is busy. */
vi.setConfig({ testTimeout: 120_000 });

/** Runs the built command line as a process, without colours unless the environment asks for them. */
export function tensorrtNode(args: string[], env: NodeJS.ProcessEnv = {}): Promise<CliRun> {
  const { FORCE_COLOR: _, COLUMNS: __, DEBUG: ___, ...inherited } = process.env;
  return new Promise((resolveRun) => {
    const child = execFile(
      process.execPath,
      [resolve('dist/cli/main.js'), ...args],
      { env: { ...inherited, ...env }, maxBuffer: 64 * 1024 * 1024 },
      (_error, stdout, stderr) => resolveRun({ code: child.exitCode, stdout, stderr }),
    );
  });
}
