import { like } from '../dims.js';
import { fact } from '../fact.js';
import type { Rule, Rules } from '../node-view.js';

/** `[N, C, ...]` against labels `[N, ...]`: a loss for each label, or one for all. */
const loss: Rule = (n) => {
  const each = n.text('reduction') === 'none';
  return [fact(n.type(0), each ? n.dims(1) : []), like(n.input(0))];
};

/** Learning rate and step come first; then, one list after the other, tensors of each parameter. */
function optimizer(listsIn: number, listsOut: readonly number[]): Rule {
  return (n) => {
    const count = (n.inputs.length - 2) / listsIn;
    return listsOut.flatMap((list) =>
      Array.from({ length: count }, (_, index) => like(n.input(2 + list * count + index))),
    );
  };
}

export const losses: Rules = { NegativeLogLikelihoodLoss: loss, SoftmaxCrossEntropyLoss: loss };

/** One for each of the first inputs, which the others are derived by. */
const gradient: Rule = (n) => n.node.output.map((_, index) => like(n.input(index)));

export const optimizers: Rules = {
  Adagrad: optimizer(3, [0, 2]),
  Adam: optimizer(4, [0, 2, 3]),
  Gradient: gradient,
  Momentum: optimizer(3, [0, 2]),
};
