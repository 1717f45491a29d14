import type {
  InsideComparison,
  NonFinite,
  Place,
  RunComparison,
  TensorComparison,
  TensorOrigin,
} from '../evaluate/compare/result.js';
import { number, percent } from '../figures.js';
import { styled } from './terminal.js';
import { alignRight, counted, section, table } from './text.js';

/** Tensors inside that are listed: those after the first that differs mostly differ too. */
const listed = 20;

/** A comparison as a person reads it. */
export function describeRunComparison(
  comparison: RunComparison,
  nameA: string,
  nameB: string,
): string[] {
  const { a, b, samples, tolerance, within, outputs, onlyInA, onlyInB, inside } = comparison;
  const { absolute, relative } = tolerance;
  const verdict = within
    ? styled('green', 'Every output is within the tolerance')
    : styled('red', 'Outputs are beyond the tolerance');
  return [
    ...table([
      ['a', `${nameA} by ${a}`],
      ['b', `${nameB} by ${b}`],
    ]),
    `${verdict}, |a-b| up to ${absolute} + ${relative} |a|, over ${counted(samples, 'sample')}.`,
    ...section('Outputs', tensorRows(outputs)),
    ...section('Only in a', [...onlyInA]),
    ...section('Only in b', [...onlyInB]),
    ...describeFindings(outputs),
    ...(inside ? describeInside(inside) : []),
  ];
}

function tensorRows(tensors: readonly TensorComparison[]): string[] {
  if (tensors.length === 0) return [];
  const column = (title: string, read: (tensor: TensorComparison) => string) =>
    alignRight([title, ...tensors.map(read)]);
  const columns = [
    column('max |a-b|', ({ maxAbsolute }) => short(maxAbsolute)),
    column('mean', ({ meanAbsolute }) => short(meanAbsolute)),
    column('max |a-b|/|a|', ({ maxRelative }) => short(maxRelative)),
    column('RMSE', ({ rmse }) => short(rmse)),
    column('cosine', ({ cosine }) => cosine.toFixed(6)),
    column('top-1', ({ agreement }) => (agreement === undefined ? '-' : percent(agreement))),
    column('largest |a|', ({ largest }) => short(largest)),
  ];
  const words = tensors.map(({ within }) =>
    within ? styled('green', 'within') : styled('red', 'beyond'),
  );
  return table(
    [{ name: '' }, ...tensors].map(({ name }, row) => [
      words[row - 1] ?? '',
      name,
      ...columns.map((cells) => cells[row] ?? ''),
    ]),
  );
}

function short(value: number): string {
  return value === 0 ? '0' : value.toPrecision(3);
}

/** Every digit that a float32 has. */
function precise(value: number): string {
  return `${Number(value.toPrecision(9))}`;
}

/** What stands behind `beyond`, and what is not finite. */
function describeFindings(tensors: readonly TensorComparison[]): string[] {
  const rows = tensors.flatMap(({ name, elements, beyond, firstBeyond, mismatch, nonFinite }) => [
    ...(mismatch
      ? [[name, `a gives ${mismatch.a}, b ${mismatch.b}, from sample ${mismatch.sample} on`]]
      : []),
    ...(firstBeyond
      ? [
          [
            name,
            `${number(beyond)} of ${counted(elements, 'value')} beyond, first ${place(firstBeyond)}: a has ${precise(firstBeyond.a)}, b ${precise(firstBeyond.b)}`,
          ],
        ]
      : []),
    ...(['a', 'b'] as const).flatMap((side) =>
      nonFinite[side].first ? [[name, nonFiniteText(side, nonFinite[side])]] : [],
    ),
  ]);
  return section('Where', table(rows));
}

function place({ sample, index }: Place): string {
  return `in sample ${sample} at [${index.join(', ')}]`;
}

function nonFiniteText(side: string, { nan, infinite, first }: NonFinite): string {
  const counts = [nan > 0 && `${number(nan)} NaN`, infinite > 0 && `${number(infinite)} infinite`];
  return `${side} has ${counts.filter(Boolean).join(' and ')}, first ${place(first as Place)}`;
}

function describeInside({ tensors, firstDifference, firstNaN }: InsideComparison): string[] {
  const origins: [string, TensorOrigin | undefined][] = [
    ['first difference', firstDifference],
    ['first NaN in a', firstNaN.a],
    ['first NaN in b', firstNaN.b],
  ];
  const found = origins.flatMap(([what, origin]) => (origin ? [[what, originText(origin)]] : []));
  const beyond = tensors.filter(({ within }) => !within);
  const summary = `${counted(tensors.length, 'tensor')} compared, ${number(beyond.length)} beyond the tolerance`;
  return [
    ...section('Inside', [summary, ...table(found)]),
    ...section(
      beyond.length > listed ? `The first ${listed} that differ` : 'Those that differ',
      tensorRows(beyond.slice(0, listed)),
    ),
  ];
}

function originText({ tensor, node }: TensorOrigin): string {
  return `'${tensor}', which ${node.opType} '${node.name ?? `number ${node.index}`}' makes`;
}
