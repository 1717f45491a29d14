import type { EvaluatedModel, EvaluationReport } from './evaluation-report.js';

/** The figures of an evaluation as texts: a column for each, a row for each model. */
export interface EvaluationTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

interface Column {
  readonly head: string;
  /** Undefined where a model has no such figure. */
  readonly cell: (model: EvaluatedModel, index: number) => string | undefined;
}

/** Columns in which no model has a figure are left out. */
export function evaluationTable(report: EvaluationReport): EvaluationTable {
  const columns = columnsOf(report).filter(({ cell }) =>
    report.models.some((model, index) => cell(model, index) !== undefined),
  );
  return {
    head: columns.map(({ head }) => head),
    rows: report.models.map((model, index) =>
      columns.map(({ cell }) => cell(model, index) ?? (index === 0 ? '' : '-')),
    ),
  };
}

/** The table of an evaluation in Markdown, for a README or a comment on a pull request. */
export function evaluationToMarkdown(report: EvaluationReport): string {
  const { head, rows } = evaluationTable(report);
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  const rule = head.map((_, column) => (column === 0 ? '---' : '--:'));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

function columnsOf(report: EvaluationReport): Column[] {
  const { metric, models, unit, maxDrop } = report;
  const others = Object.keys(models[0]?.metrics ?? {}).filter((name) => name !== metric);
  return [
    { head: 'model', cell: ({ name }) => name },
    ...[metric, ...others].map((name) => ({
      head: wordsOf(name),
      cell: ({ metrics, standardError }: EvaluatedModel) => {
        const value = figure(metrics[name]);
        return name === metric && typeof standardError === 'number'
          ? `${value} ± ${figure(standardError)}`
          : value;
      },
    })),
    {
      head: unit === 'points' ? 'drop in points' : 'drop in %',
      cell: (model, index) => (index === 0 ? undefined : dropOf(model)),
    },
    { head: 'same answer', cell: ({ agreement }) => agreement?.toFixed(4) },
    {
      head: 'right: first only / this only',
      cell: ({ paired }) => paired && `${paired.onlyReference} / ${paired.onlyThis}`,
    },
    { head: 'McNemar p', cell: ({ paired }) => paired && probability(paired.pValue) },
    {
      head: `within ${maxDrop}`,
      cell: ({ within }, index) => (index === 0 && within ? undefined : within ? 'yes' : 'no'),
    },
  ];
}

/** `macroF1` as `macro F1`. */
function wordsOf(name: string): string {
  return name.replaceAll(/(?<=[a-z])[A-Z]/g, (letter, at: number) =>
    /[A-Z]\d|[A-Z]$/.test(name.slice(at, at + 2)) ? ` ${letter}` : ` ${letter.toLowerCase()}`,
  );
}

function figure(value: number | null | undefined): string {
  return typeof value === 'number' ? value.toFixed(4) : 'no number';
}

function dropOf({ drop, dropError }: EvaluatedModel): string {
  if (drop === null) return 'no number';
  const value = drop.toFixed(2);
  return dropError === undefined ? value : `${value} ± ${dropError.toFixed(2)}`;
}

/** Two digits, which is all that such a figure is good for. */
function probability(value: number): string {
  if (value === 1) return '1';
  return value < 0.0001 ? value.toExponential(0) : `${Number(value.toPrecision(2))}`;
}
