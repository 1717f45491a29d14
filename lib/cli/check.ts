import { type Command, Option } from 'commander';
import { check } from '../check/check.js';
import type { Finding, Severity } from '../check/finding.js';
import { type FixNote, fix } from '../check/fix.js';
import { type FixableCode, fixableCodes } from '../check/fixes/index.js';
import type { CheckReport } from '../check/report.js';
import { type Target, targets } from '../engine/build/build-switches.js';
import { type Product, products } from '../engine/library/libraries.js';
import { productName } from '../engine/library/library.js';
import { Model } from '../onnx/model.js';
import { command, jsonOption } from './command.js';
import { groupBy } from './group-by.js';
import { addShapeOptions, profilesOf, type ShapeFlags } from './shape-options.js';
import { printJson, printLines, styled } from './terminal.js';
import { alignRight, counted, indented, number, section, table } from './text.js';

interface CheckFlags extends ShapeFlags {
  json?: boolean;
  product?: Product;
  target?: Target[];
  parser: boolean;
  fix?: string;
  only?: FixableCode[];
}

/** `tensorrt-node check`: exit code 1 where TensorRT will refuse the model, or compute otherwise. */
export function checkCommand(): Command {
  const check = command('check', 'tell what TensorRT will refuse in a model, or run badly', [
    'check model.onnx',
    'check model.onnx --product tensorrt --target sm89',
    'check model.onnx --fix mended.onnx',
    'check model.onnx --profile input_ids=1x1,8x128,32x512 --profile attention_mask=1x1,8x128,32x512',
  ])
    .argument('<model>', 'an ONNX model')
    .addOption(new Option('--product <name>', 'check for this product').choices(products))
    .addOption(
      new Option('--target <gpu...>', 'check for these compute capabilities').choices(targets),
    )
    .option('--fix <file>', 'mend what can be mended, write that, and check it')
    .addOption(
      new Option('--only <code...>', 'with --fix: mend findings of these codes alone').choices([
        ...fixableCodes,
      ]),
    )
    .option('--no-parser', 'judge by the rules alone, and do not ask the TensorRT at hand')
    .addOption(jsonOption());
  return addShapeOptions(check).action(run);
}

async function run(file: string, flags: CheckFlags): Promise<void> {
  if (flags.only && flags.fix === undefined) throw new TypeError('Expected --fix beside --only');
  const mended = flags.fix === undefined ? undefined : await mend(file, flags.fix, flags.only);
  const checked = flags.fix ?? file;
  const report = await check(checked, {
    product: flags.product,
    target: flags.target,
    profiles: profilesOf(flags),
    askParser: flags.parser,
  });
  if (flags.json)
    printJson({ ...report, ...(mended && { fix: { file: checked, notes: mended } }) });
  else printLines([...describeMended(mended, checked), ...describe(checked, report)]);
  process.exitCode = report.ok ? 0 : 1;
}

async function mend(
  file: string,
  output: string,
  codes: FixableCode[] | undefined,
): Promise<readonly FixNote[]> {
  const fixed = await fix(await Model.load(file), codes);
  await fixed.save(output);
  return fixed.report;
}

/** What was done, by code and words; names differ from place to place. */
function describeMended(notes: readonly FixNote[] | undefined, output: string): string[] {
  if (!notes) return [];
  if (notes.length === 0) return [`Nothing to mend; ${output} is a copy.`, ''];
  const groups = [
    ...groupBy(notes, ({ code, action, what }) => [code, action, what].join()).values(),
  ];
  const counts = alignRight(groups.map((group) => number(group.length)));
  const rows = groups.map(([{ code, action, what }], index) => {
    const sign = action === 'changed' ? styled('green', 'mended') : styled('yellow', 'left');
    return [counts[index] ?? '', sign, styled('bold', code), what];
  });
  return [...section(`What was done, in ${output}`, table(rows)).slice(1), ''];
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
