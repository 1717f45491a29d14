import { classification } from './classification.js';
import { perplexity } from './perplexity.js';
import { similarity } from './similarity.js';
import { squad } from './squad.js';
import type { TaskCommand } from './task-command.js';
import { tokenClassification } from './token-classification.js';

/** By the name that `--task` takes. */
export const taskCommands: Readonly<Record<string, TaskCommand>> = {
  classification,
  'token-classification': tokenClassification,
  similarity,
  squad,
  perplexity,
};
