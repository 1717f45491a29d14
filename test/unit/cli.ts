import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { type Command, CommanderError } from 'commander';
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

/** What a command says of arguments with which the program ends with 2; without a process, which takes longer. */
export async function wrongUsage(command: Command, args: string[]): Promise<string> {
  command.exitOverride().configureOutput({ writeErr: () => {} });
  const error = await command.parseAsync(args, { from: 'user' }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof TypeError || error instanceof CommanderError) return error.message;
  throw new Error('expected wrong usage', { cause: error });
}
