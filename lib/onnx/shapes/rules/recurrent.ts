import { fact } from '../fact.js';
import type { Rule, Rules } from '../node-view.js';

/**
 * `Y` [steps, directions, batch, hidden], `Y_h` and, of an LSTM, `Y_c` [directions, batch, hidden].
 * With `layout` 1 the batch comes first.
 */
const recurrent: Rule = (n) => {
  const [dims, recurrence] = [n.dims(0), n.dims(2)];
  const type = n.type(0) ?? n.type(1);
  const batchFirst = n.int('layout', 0) === 1;
  const [steps, batch] = batchFirst ? [dims?.[1], dims?.[0]] : [dims?.[0], dims?.[1]];
  const directions = n.text('direction') === 'bidirectional' ? 2 : 1;
  const hidden = n.int('hidden_size') ?? recurrence?.[2] ?? n.fresh();
  const [length, size] = [steps ?? n.fresh(), batch ?? n.fresh()];
  const all = batchFirst ? [size, length, directions, hidden] : [length, directions, size, hidden];
  const last = batchFirst ? [size, directions, hidden] : [directions, size, hidden];
  return [fact(type, all), fact(type, last), fact(type, last)];
};

export const recurrence: Rules = { GRU: recurrent, LSTM: recurrent, RNN: recurrent };
