/**
 * Logistic regression with an L2 penalty, for dense rows of a few hundred features.
 *
 * The log loss curves nowhere more than a quarter of the features' second moments. Descent with
 * that bound in place of the Hessian never overshoots and needs one factorization for all its steps
 * (Boehning and Lindsay, "Monotonicity of quadratic-approximation algorithms", 1988).
 */

/** Rows of `features` numbers each, one after the other, and the label of each row. */
export interface LabelledRows {
  readonly features: number;
  readonly values: Float32Array;
  readonly labels: readonly (0 | 1)[];
}

/** The label is 1 where `weights . row + bias` is positive. */
export interface LogisticModel {
  readonly weights: Float64Array;
  readonly bias: number;
}

const maxSteps = 200;
/** The fit ends when no component of the gradient of the mean loss is larger. */
const tolerance = 1e-5;

/**
 * For each penalty the model that minimises the mean log loss plus `penalty / 2 * |weights|^2`.
 * The bias is free. The result depends on nothing but the arguments.
 */
export function fitLogistic(rows: LabelledRows, penalties: readonly number[]): LogisticModel[] {
  const size = rows.features + 1;
  const bound = quarterOfMoments(rows);
  let parameters: Float64Array = new Float64Array(size);
  return penalties.map((penalty) => {
    const factor = cholesky(bound, size, penalty);
    for (let count = 0; count < maxSteps; count++) {
      const gradient = gradientAt(rows, parameters, penalty);
      if (gradient.every((component) => Math.abs(component) < tolerance)) break;
      const step = solve(factor, size, gradient);
      parameters = parameters.map((value, i) => value - at(step, i));
    }
    return { weights: parameters.slice(0, -1), bias: at(parameters, size - 1) };
  });
}

/** The log loss of each row. */
export function logLosses(rows: LabelledRows, { weights, bias }: LogisticModel): number[] {
  return rows.labels.map((label, row) => {
    const score = dot(rows, row, weights) + bias;
    const margin = label === 1 ? score : -score;
    return Math.max(0, -margin) + Math.log1p(Math.exp(-Math.abs(margin)));
  });
}

function gradientAt(rows: LabelledRows, parameters: Float64Array, penalty: number): Float64Array {
  const { features, values, labels } = rows;
  const weights = parameters.subarray(0, features);
  const gradient = weights.map((weight) => penalty * weight);
  let biasGradient = 0;
  labels.forEach((label, row) => {
    const score = dot(rows, row, weights) + at(parameters, features);
    const error = (1 / (1 + Math.exp(-score)) - label) / labels.length;
    const offset = row * features;
    for (let i = 0; i < features; i++) {
      gradient[i] = at(gradient, i) + error * at(values, offset + i);
    }
    biasGradient += error;
  });
  return Float64Array.of(...gradient, biasGradient);
}

function dot({ features, values }: LabelledRows, row: number, weights: Float64Array): number {
  const offset = row * features;
  let sum = 0;
  for (let i = 0; i < features; i++) sum += at(weights, i) * at(values, offset + i);
  return sum;
}

/** The lower triangle of `1/4 mean([row, 1]^T [row, 1])`, as a full square array. */
function quarterOfMoments({ features, values, labels }: LabelledRows): Float64Array {
  const size = features + 1;
  const moments = new Float64Array(size * size);
  const row = new Float64Array(size).fill(1);
  const share = 0.25 / labels.length;
  for (let index = 0; index < labels.length; index++) {
    row.set(values.subarray(index * features, (index + 1) * features));
    for (let i = 0; i < size; i++) {
      const scaled = share * at(row, i);
      for (let j = 0; j <= i; j++) {
        moments[i * size + j] = at(moments, i * size + j) + scaled * at(row, j);
      }
    }
  }
  return moments;
}

/** The lower triangular factor of `matrix + penalty I`, where the last diagonal has no penalty. */
function cholesky(matrix: Float64Array, size: number, penalty: number): Float64Array {
  const factor = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = at(matrix, i * size + j) + (i === j && i < size - 1 ? penalty : 0);
      for (let k = 0; k < j; k++) rest -= at(factor, i * size + k) * at(factor, j * size + k);
      factor[i * size + j] = i === j ? Math.sqrt(rest) : rest / at(factor, j * size + j);
    }
  }
  return factor;
}

/** Solves `factor factor^T x = values`. */
function solve(factor: Float64Array, size: number, values: Float64Array): Float64Array {
  const x = values.slice();
  for (let i = 0; i < size; i++) {
    let rest = at(x, i);
    for (let k = 0; k < i; k++) rest -= at(factor, i * size + k) * at(x, k);
    x[i] = rest / at(factor, i * size + i);
  }
  for (let i = size - 1; i >= 0; i--) {
    let rest = at(x, i);
    for (let k = i + 1; k < size; k++) rest -= at(factor, k * size + i) * at(x, k);
    x[i] = rest / at(factor, i * size + i);
  }
  return x;
}

/** An element that the caller knows to exist. */
function at(values: Float64Array | Float32Array, index: number): number {
  return values[index] as number;
}
