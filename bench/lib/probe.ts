/** A linear classifier of embeddings, for any number of classes. */
import {
  fitLogistic,
  type LabelledRows,
  type LogisticModel,
} from '../../scripts/quickstart/logistic.js';

export type Rows = readonly Float32Array[];

export interface Probe {
  classify(rows: Rows): string[];
}

const penalties = [1e-2, 1e-3, 1e-4];
/** Every fifth row chooses the penalty. */
const held = 5;

/** One logistic regression for each class against the others, on features of one scale. */
export function fitProbe(rows: Rows, labels: readonly string[]): Probe {
  const scale = 1 / Math.sqrt(meanSquare(rows));
  const scaled = rows.map((row) => row.map((value) => value * scale));
  const isHeld = (_: unknown, i: number) => i % held === 0;
  const isFitted = (_: unknown, i: number) => i % held !== 0;
  const trials = fitClasses(scaled.filter(isFitted), labels.filter(isFitted));
  const scores = trials.map((trial) => {
    const answers = trial.classify(scaled.filter(isHeld));
    return labels.filter(isHeld).filter((label, i) => label === answers[i]).length;
  });
  const best = scores.indexOf(Math.max(...scores));
  const chosen = fitClasses(scaled, labels)[best] as Probe;
  return {
    classify: (others) => chosen.classify(others.map((row) => row.map((value) => value * scale))),
  };
}

/** A classifier for each penalty. */
function fitClasses(rows: Rows, labels: readonly string[]): Probe[] {
  const features = rows[0]?.length ?? 0;
  const values = Float32Array.from(rows.flatMap((row) => [...row]));
  const classes = [...new Set(labels)].sort();
  const models = classes.map((one) => {
    const marks = labels.map((label) => (label === one ? 1 : 0));
    const labelled: LabelledRows = { features, values, labels: marks };
    return fitLogistic(labelled, penalties);
  });
  return penalties.map((_, i) => ({
    classify: (others) =>
      others.map((row) => {
        const scores = models.map((byPenalty) => scoreOf(row, byPenalty[i] as LogisticModel));
        return classes[scores.indexOf(Math.max(...scores))] as string;
      }),
  }));
}

function scoreOf(row: Float32Array, { weights, bias }: LogisticModel): number {
  return row.reduce((sum, value, i) => sum + value * (weights[i] as number), bias);
}

function meanSquare(rows: Rows): number {
  let sum = 0;
  for (const row of rows) for (const value of row) sum += value * value;
  return sum / rows.length / (rows[0]?.length ?? 1);
}
