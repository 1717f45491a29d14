import { classification } from './classification.js';
import type { TaskCommand } from './task-command.js';

/** By the name that `--task` takes. */
export const taskCommands: Readonly<Record<string, TaskCommand>> = {
  classification,
};
