#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { describeError, type ExitCode } from './command.js';
import { doctorCommand } from './doctor.js';
import { inspectCommand } from './inspect.js';

const commands = [inspectCommand(), doctorCommand()];

function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

function makeProgram(): Command {
  const program = new Command('tensorrt-node')
    .description('Looks at ONNX models, checks and converts them for NVIDIA TensorRT.')
    .version(packageVersion(), '-v, --version', 'print the version of this package')
    .helpCommand(true)
    .addHelpText('after', '\nExit codes: 0 all is well, 1 findings or a failure, 2 wrong usage.');
  for (const command of commands) program.addCommand(command);
  for (const command of [program, ...commands]) {
    command.exitOverride().showHelpAfterError(`See 'tensorrt-node ${nameOf(command)}--help'.`);
    command.configureOutput({ outputError: (text, write) => write(capitalised(text)) });
  }
  return program;
}

function nameOf(command: Command): string {
  return commands.includes(command) ? `${command.name()} ` : '';
}

function capitalised(text: string): string {
  return text.replace(/^error: (.)/, (_, first: string) => first.toUpperCase());
}

async function main(args: string[]): Promise<ExitCode> {
  const program = makeProgram();
  if (args.length === 0) {
    program.outputHelp();
    return 0;
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return (process.exitCode as ExitCode | undefined) ?? 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    process.stderr.write(`${describeError(error)}\n`);
    return error instanceof TypeError ? 2 : 1;
  }
}

// Whoever reads a pipe may have seen enough, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
