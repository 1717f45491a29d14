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

export const optimizers: Rules = {
  Adagrad: optimizer(3, [0, 2]),
  Adam: optimizer(4, [0, 2, 3]),
  Momentum: optimizer(3, [0, 2]),
};
