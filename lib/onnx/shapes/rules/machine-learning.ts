import { TensorProto_DataType as ElementType } from 'onnx-buf';
import { withAxis } from '../dims.js';
import type { Size } from '../expression.js';
import { fact } from '../fact.js';
import type { NodeView, Rule, Rules } from '../node-view.js';

/* The domain ai.onnx.ml, whose operators scikit-learn's models are exported to. */

const floatLike: Rule = (n) => [fact(ElementType.FLOAT, n.dims(0))];

/** The labels are whichever list is there. */
const labelEncoder: Rule = (n) => {
  const tensor = n.node.attribute.find(({ name }) => name === 'values_tensor')?.t;
  const lists: [string, number][] = [
    ['values_strings', ElementType.STRING],
    ['values_int64s', ElementType.INT64],
    ['values_floats', ElementType.FLOAT],
  ];
  const present = new Set(n.node.attribute.map(({ name }) => name));
  const type = tensor?.dataType ?? lists.find(([name]) => present.has(name))?.[1];
  return [fact(type, n.dims(0))];
};

/** Labels [N] and scores [N, classes]. */
const classifier: Rule = (n) => {
  const labels = ['classlabels_strings', 'classlabels_int64s', 'classlabels_ints'];
  const strings = n.strings('classlabels_strings');
  const count = labels
    .map((name) => n.node.attribute.find((item) => item.name === name))
    .find((item) => item !== undefined);
  const classes = count && Math.max(count.strings.length, count.ints.length);
  const batch = rows(n);
  return [
    fact(strings?.length ? ElementType.STRING : ElementType.INT64, [batch]),
    fact(ElementType.FLOAT, [batch, classes || n.fresh()]),
  ];
};

/** A vector is one row. */
function rows(n: NodeView): Size {
  const dims = n.dims(0);
  if (dims?.length === 1) return 1;
  return dims?.[0] ?? n.fresh();
}

function regressor(targets: string): Rule {
  return (n) => [fact(ElementType.FLOAT, [rows(n), n.int(targets, 1)])];
}

const treeEnsemble: Rule = (n) => [fact(n.type(0), [rows(n), n.int('n_targets', 1)])];

const extractFeatures: Rule = (n) => {
  const [dims, indices] = [n.dims(0), n.dims(1)];
  const count = indices?.at(-1);
  if (!dims) return [fact(n.type(0))];
  const shape = dims.length === 1 ? [1, dims[0] as Size] : dims;
  return [fact(n.type(0), withAxis(shape, shape.length - 1, count ?? n.fresh()))];
};

const oneHot: Rule = (n) => {
  const dims = n.dims(0);
  const categories = n.ints('cats_int64s')?.length || n.strings('cats_strings')?.length;
  return [fact(ElementType.FLOAT, dims && [...dims, categories || n.fresh()])];
};

export const machineLearning: Rules = {
  ArrayFeatureExtractor: extractFeatures,
  Binarizer: (n) => [fact(n.type(0), n.dims(0))],
  Imputer: (n) => [fact(n.type(0), n.dims(0))],
  LabelEncoder: labelEncoder,
  LinearClassifier: classifier,
  LinearRegressor: regressor('targets'),
  Normalizer: floatLike,
  OneHotEncoder: oneHot,
  SVMClassifier: classifier,
  Scaler: floatLike,
  TreeEnsemble: treeEnsemble,
  TreeEnsembleClassifier: classifier,
  TreeEnsembleRegressor: regressor('n_targets'),
};
