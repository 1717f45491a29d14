import type { Runtime } from 'tensorrt-node';
import {
  classificationTask,
  type EvaluationReport,
  evaluate,
  similarityTask,
  type Task,
  tokenClassificationTask,
} from 'tensorrt-node/evaluate';
import { expectTypeOf, it } from 'vitest';

declare const runtime: Runtime;

it('makes tasks of feeds that can be iterated again', () => {
  expectTypeOf(classificationTask({ samples: [], labels: [0, 1] })).toEqualTypeOf<Task>();
  expectTypeOf(
    classificationTask({ samples: () => [], labels: Int32Array.of(1) }),
  ).toEqualTypeOf<Task>();
  // @ts-expect-error labels are lists, one for each row
  tokenClassificationTask({ samples: [], labels: [0, 1] });
  // @ts-expect-error a pair has two items
  similarityTask({ samples: [], scores: [1, 2], pairs: [[0], [1]] });
  // @ts-expect-error no such metric
  classificationTask({ samples: [], labels: [], metric: 'f2' });
});

it('takes runtimes, or what opens them, and gives plain data', () => {
  const task = classificationTask({ samples: [], labels: [] });
  const models = [
    { name: 'a', runtime },
    { name: 'b', runtime: async () => runtime },
  ];
  expectTypeOf(evaluate(models, task, { maxDrop: 1 })).resolves.toEqualTypeOf<EvaluationReport>();
  // @ts-expect-error a runtime needs a name in the report
  evaluate([{ runtime }], task);
});
