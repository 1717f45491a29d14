import type { EvaluationReport } from './evaluation-report.js';
import { evaluationTable } from './evaluation-table.js';

/** The table of an evaluation in Markdown, for a README or a comment on a pull request. */
export function evaluationToMarkdown(report: EvaluationReport): string {
  const { head, rows } = evaluationTable(report);
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  const rule = head.map((_, column) => (column === 0 ? '---' : '--:'));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}
