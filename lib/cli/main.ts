#!/usr/bin/env node
import { doctorCommand } from './doctor.js';

const commands: Record<string, (args: string[]) => Promise<number>> = {
  doctor: doctorCommand,
};

const usage = `Usage: tensorrt-node <command> [options]

Commands:
  doctor [--json]   what is installed, what is missing, and how to mend it
`;

async function main([name, ...args]: string[]): Promise<number> {
  if (name === undefined || name === '--help' || name === '-h') {
    process.stdout.write(usage);
    return 0;
  }
  const command = commands[name];
  if (command === undefined) {
    process.stderr.write(`Unknown command '${name}'.\n\n${usage}`);
    return 2;
  }
  try {
    return await command(args);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    return error instanceof TypeError ? 2 : 1;
  }
}

main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
