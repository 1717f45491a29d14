/**
 * Writes an encoder of a published size with weights drawn from a seed, so that nothing has to be
 * fetched: all-MiniLM-L6 (91 MB), BERT-base (438 MB), BERT-large (1.3 GB), RoBERTa-base (499 MB) or
 * DistilBERT (265 MB).
 *
 *   npx tsx scripts/models/write-model.ts <file> <architecture>
 *     [--head none | pooler | classification | question-answering] [--no-token-types] [--seed 1]
 */
import { parseArgs } from 'node:util';
import { type ArchitectureName, architectures } from './architectures.js';
import { type Head, headNames } from './heads.js';
import { randomModel } from './random-model.js';

const { values: options, positionals } = parseArgs({
  options: {
    head: { type: 'string', default: 'none' },
    'no-token-types': { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
  },
  allowPositionals: true,
});
const [file, architecture = ''] = positionals;
if (file === undefined) throw new TypeError('Expected the path of the file to write');
const model = randomModel(chosen('the architecture', architecture, architectureNames()), {
  head: chosen<Head>('--head', options.head, headNames),
  tokenTypes: !options['no-token-types'],
  seed: Number(options.seed),
});
await model.save(file);

function architectureNames(): ArchitectureName[] {
  return Object.keys(architectures) as ArchitectureName[];
}

function chosen<T extends string>(name: string, value: string, choices: readonly T[]): T {
  const choice = choices.find((candidate) => candidate === value);
  if (choice !== undefined) return choice;
  throw new TypeError(`Expected ${name} to be ${choices.join(' or ')} but received '${value}'`);
}
