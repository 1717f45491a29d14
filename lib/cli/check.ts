import { type Command, Option } from 'commander';
import { check } from '../check/check.js';
import type { Finding, Severity } from '../check/finding.js';
import type { CheckReport } from '../check/report.js';
import { type Target, targets } from '../engine/build-switches.js';
import { type Product, products } from '../engine/libraries.js';
import { productName } from '../engine/library.js';
import { collect, command, jsonOption } from './command.js';
import { groupBy } from './group-by.js';
import { addShapeOptions, profilesOf, type ShapeFlags } from './shape-options.js';
import { printJson, printLines, styled } from './terminal.js';
import { counted, indented } from './text.js';

interface CheckFlags extends ShapeFlags {
  json?: boolean;
  product?: Product;
  target?: Target[];
  parser: boolean;
}

/** `tensorrt-node check`: exit code 1 where TensorRT will refuse the model, or compute otherwise. */
export function checkCommand(): Command {
  const check = command('check', 'tell what TensorRT will refuse in a model, or run badly', [
    'check model.onnx',
    'check model.onnx --product tensorrt --target sm89',
    'check model.onnx --profile input_ids=1x1,8x128,32x512 --profile attention_mask=1x1,8x128,32x512',
  ])
    .argument('<model>', 'an ONNX model')
    .addOption(new Option('--product <name>', 'check for this product').choices(products))
    .addOption(
      new Option('--target <gpu...>', 'check for these compute capabilities')
        .choices(targets)
        .argParser(oneTarget),
    )
    .option('--no-parser', 'judge by the rules alone, and do not ask the TensorRT at hand')
    .addOption(jsonOption());
  return addShapeOptions(check).action(run);
}

function oneTarget(text: string, before?: readonly string[]): string[] {
  return collect(text, before);
}

async function run(file: string, flags: CheckFlags): Promise<void> {
  const report = await check(file, {
    product: flags.product,
    target: flags.target,
    profiles: profilesOf(flags),
    askParser: flags.parser,
  });
  if (flags.json) printJson(report);
  else printLines(describe(file, report));
  process.exitCode = report.ok ? 0 : 1;
}

const signs: Readonly<Record<Severity, string>> = { error: '✗', warning: '!', info: 'i' };
const colours = { error: 'red', warning: 'yellow', info: 'blue' } as const;
/** Places that are listed of one finding; their number is told. */
const mostPlaces = 5;

function describe(file: string, report: CheckReport): string[] {
  const groups = groupBy(report.findings, ({ code, severity, remedy }) =>
    [severity, code, remedy].join(' '),
  );
  return [
    ...[...groups.values()].flatMap((group) => [...describeGroup(group), '']),
    ...describeVerdict(file, report),
  ];
}

/** Findings of one kind: each place, and once why it matters and what to do. */
function describeGroup(findings: readonly Finding[]): string[] {
  const [first] = findings as [Finding, ...Finding[]];
  const { severity, code, why, remedy } = first;
  const times = findings.length > 1 ? ` (${findings.length} times)` : '';
  const more = findings.length - mostPlaces;
  return [
    `${styled(colours[severity], `${signs[severity]} ${severity}`)} ${styled('bold', code)}${times}`,
    ...findings.slice(0, mostPlaces).flatMap((finding) => indented(placeOf(finding), 4)),
    ...(more > 0 ? [`    and ${more} more`] : []),
    ...indented(why, 4).map((line) => styled('dim', line)),
    ...indented(`→ ${remedy}`, 4),
  ];
}

function placeOf({ what, node, parser }: Finding): string {
  const name = node?.name && !what.includes(node.name) ? ` ${styled('cyan', node.name)}` : '';
  if (!parser) return what + name;
  return parser.verdict === 'accepted'
    ? `${what}${name} (The parser takes it.)`
    : `${what}${name} (The parser says: ${parser.complaint ?? 'refused'})`;
}

function describeVerdict(file: string, { ok, product, version, counts, parser }: CheckReport) {
  const name = `${productName(product)}${version ? ` ${version}` : ''}`;
  const numbers = [
    counted(counts.error, 'error'),
    counted(counts.warning, 'warning'),
    counted(counts.info, 'note'),
  ].join(', ');
  const verdict = ok ? styled('green', 'nothing stands against it') : styled('red', 'not ready');
  return [
    `${file} for ${name}: ${verdict}; ${numbers}.`,
    parser.asked
      ? `Its parser ${parser.supported ? 'takes the model' : 'refuses the model'}.`
      : `The parser was not asked: ${parser.reason}`,
  ];
}
