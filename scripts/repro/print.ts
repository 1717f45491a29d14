/** A reproduction as text for a terminal, and as JSON. */
import { section, table } from '../../dist/cli/text.js';
import type { Published, Unit } from './published.js';
import type { Outcome, Reproduction, Row } from './reproduction.js';

export const notMeasured = 'not measured';

export function printed({ title, method }: Reproduction, rows: readonly Row[]): string {
  const body = rows.map(({ what, published, outcome }) => [
    what,
    outcomeText(outcome, published[0]?.unit),
    published.map(publishedText).join('; '),
  ]);
  const sources = [...new Set(rows.flatMap(({ published }) => published.map(sourceText)))];
  const reasons = [...new Set(rows.flatMap(({ outcome }) => reasonOf(outcome)))];
  return [
    ...section(title, table([['', 'measured here', 'published'], ...body])),
    ...section('Sources', table(sources.map((source) => ['-', source]))),
    ...section('Method', table(method.map((sentence) => ['-', sentence]))),
    ...section('Not measured, since', table(reasons.map((reason) => ['-', reason]))),
    '',
  ].join('\n');
}

function publishedText({ value, bound, unit, hardware }: Published): string {
  return `${bound ? `${bound} ` : ''}${figureText(value, unit)}, ${hardware}`;
}

function sourceText({ hardware, source }: Published): string {
  return `${hardware}: ${source}`;
}

function outcomeText(outcome: Outcome, unit: Unit | undefined): string {
  if ('notMeasured' in outcome) return notMeasured;
  const { value, device, remarks } = outcome;
  return `${figureText(value, unit)}, ${[device, ...remarks].join(', ')}`;
}

function reasonOf(outcome: Outcome): string[] {
  return 'notMeasured' in outcome ? [outcome.notMeasured] : [];
}

const thousands = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 });

function figureText(value: number, unit: Unit | undefined): string {
  if (unit === 'requests/s') return `${thousands.format(value)} ${unit}`;
  if (unit === 'F1') return `F1 ${value.toFixed(2)}`;
  return unit === 'times' ? `${value.toFixed(2)}x` : `${value.toFixed(2)} ms`;
}
