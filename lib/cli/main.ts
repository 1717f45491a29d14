#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { describeError, type ExitCode } from './command.js';
import { note } from './terminal.js';

/** Each is loaded when it is asked for, because what it needs takes longer to load than to run. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  inspect: async () => (await import('./inspect.js')).inspectCommand(),
  check: async () => (await import('./check.js')).checkCommand(),
  convert: async () => (await import('./convert.js')).convertCommand(),
  calibrate: async () => (await import('./calibrate.js')).calibrateCommand(),
  quantize: async () => (await import('./quantize.js')).quantizeCommand(),
  sensitivity: async () => (await import('./sensitivity.js')).sensitivityCommand(),
  'auto-quantize': async () => (await import('./auto-quantize.js')).autoQuantizeCommand(),
  evaluate: async () => (await import('./evaluate.js')).evaluateCommand(),
  simplify: async () => (await import('./simplify.js')).simplifyCommand(),
  compare: async () => (await import('./compare.js')).compareCommand(),
  diff: async () => (await import('./diff.js')).diffCommand(),
  bench: async () => (await import('./bench.js')).benchCommand(),
  doctor: async () => (await import('./doctor.js')).doctorCommand(),
};

/** The program with the command that the arguments name; with all where a help text may be wanted. */
async function makeProgram([name = '']: readonly string[]): Promise<Command> {
  const program = new Command('tensorrt-node')
    .description(
      'Looks at ONNX models, checks, converts, quantizes and measures them for NVIDIA TensorRT.',
    )
    .version(packageVersion(), '-v, --version', 'print the version of this package')
    .helpCommand(true)
    .addHelpText('after', '\nExit codes: 0 all is well, 1 findings or a failure, 2 wrong usage.');
  const wanted = Object.hasOwn(commands, name) ? [name] : Object.keys(commands);
  for (const each of wanted) program.addCommand((await commands[each]?.()) as Command);
  for (const command of [program, ...program.commands]) {
    const path = command === program ? '' : `${command.name()} `;
    command.exitOverride().showHelpAfterError(`See 'tensorrt-node ${path}--help'.`);
    command.configureOutput({ outputError: (text, write) => write(capitalised(text)) });
  }
  return program;
}

function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

function capitalised(text: string): string {
  return text.replace(/^error: (.)/, (_, first: string) => first.toUpperCase());
}

async function main(args: readonly string[]): Promise<ExitCode> {
  try {
    const program = await makeProgram(args);
    if (args.length === 0) program.outputHelp();
    else await program.parseAsync(args, { from: 'user' });
    return (process.exitCode as ExitCode | undefined) ?? 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    note(describeError(error));
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
