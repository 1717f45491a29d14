import { classificationTask } from 'tensorrt-node/evaluate';
import { describe, expect, it } from 'vitest';
import { expected, floats, scored, wholes } from './evaluate-fixtures.js';

const task = (labels: number[], others: object = {}) =>
  classificationTask({ samples: [], labels, ...others });

describe('classification', () => {
  interface Figures {
    logits: number[][];
    labels: number[];
    accuracy: number;
    macroF1: number;
    weightedF1: number;
    confusion: number[][];
    precision: number[];
    recall: number[];
    f1: number[];
    support: number[];
  }

  it.each(
    (expected.classification as Figures[]).map((each) => [each.support.length, each] as const),
  )('has the figures of scikit-learn for %i classes', (classes, figures) => {
    const { logits, labels, precision, recall, f1, support } = figures;
    const parts = [logits.slice(0, 13), logits.slice(13)];
    const score = scored(
      task(labels),
      parts.map((part) => ({ logits: floats(part) })),
    );
    for (const name of ['accuracy', 'macroF1', 'weightedF1'] as const) {
      expect(score.metrics[name]).toBeCloseTo(figures[name], 12);
    }
    expect(score.confusion?.counts).toEqual(figures.confusion);
    expect(score.classes).toHaveLength(classes);
    score.classes?.forEach((found, index) => {
      expect(found.precision).toBeCloseTo(precision[index] as number, 12);
      expect(found.recall).toBeCloseTo(recall[index] as number, 12);
      expect(found.f1).toBeCloseTo(f1[index] as number, 12);
      expect(found.support).toBe(support[index]);
    });
  });

  it('takes the first of equal values, and counts a row with NaN as wrong and as no answer', () => {
    const score = scored(task([0, 1, 0]), [
      {
        y: floats([
          [1, 1],
          [Number.NaN, 2],
          [3, Number.NaN],
        ]),
      },
    ]);
    expect(score.answers).toEqual([0, Number.NaN, Number.NaN]);
    expect(score.metrics['accuracy']).toBeCloseTo(1 / 3, 12);
    expect(Array.from(score.right ?? [])).toEqual([1, 0, 0]);
    // Of label 0 one of two was found, of label 1 none: F1 2/3 and 0.
    expect(score.metrics['macroF1']).toBeCloseTo(1 / 3, 12);
    expect(score.notes).toEqual(['2 of 3 rows hold NaN: wrong answers.']);
  });

  it('reads one value for each row by its sign, or by a threshold', () => {
    const outputs = [{ y: floats([[0.4], [-0.1], [0.6]]) }];
    expect(scored(task([1, 0, 1]), outputs).answers).toEqual([1, 0, 1]);
    expect(scored(task([1, 0, 1], { threshold: 0.5 }), outputs).answers).toEqual([0, 0, 1]);
    expect(scored(task([1, 0, 1]), [{ y: floats([0.4, -0.1, 0.6]) }]).answers).toEqual([1, 0, 1]);
    const { confusion } = scored(task([1, 0, 1]), outputs);
    expect(confusion).toEqual({
      labels: ['0', '1'],
      counts: [
        [1, 0],
        [0, 2],
      ],
    });
  });

  it('reads the output that is named, and leaves rows of padding out', () => {
    const score = scored(
      task([1, 0], { output: 'logits', padding: { mask: 'mask' }, labelNames: ['bad', 'good'] }),
      [
        {
          pooled: floats([[1], [2], [3], [4]]),
          logits: floats([
            [0, 1],
            [9, 0],
            [0, 9],
            [0, 1],
          ]),
        },
      ],
      [
        {
          mask: wholes([
            [1, 1],
            [1, 0],
            [0, 0],
            [0, 0],
          ]),
        },
      ],
    );
    expect(score.answers).toEqual([1, 0]);
    expect(score.confusion?.labels).toEqual(['bad', 'good']);
  });

  it('takes the first output of the model, whatever it is called', () => {
    // An object has '882' before 'logits'.
    const scorer = task([1]).score(['logits', '882']);
    scorer.add({ logits: floats([[0, 1]]), 882: floats([[1, 0]]) }, {});
    expect(scorer.finish().metrics['accuracy']).toBe(1);
    expect(scorer.outputs).toEqual(['logits']);
  });

  it('compares by another metric, which is no mean of rows', () => {
    const outputs = [
      {
        y: floats([
          [0, 1],
          [1, 0],
        ]),
      },
    ];
    expect(task([1, 0], { metric: 'macroF1' }).metric).toBe('macroF1');
    expect(scored(task([1, 0], { metric: 'macroF1' }), outputs).scores).toBeUndefined();
    expect(scored(task([1, 0]), outputs).scores).toEqual([1, 1]);
  });

  it.each([
    [[0, 1, 1], '3 labels, and the model gives 2 answers'],
    [[0], '1 labels, and the model gives 2 answers'],
    [[0, 2], 'Row 1 has the label 2, and the model gives 2 classes'],
  ])('refuses the labels %j', (labels, problem) => {
    const run = () =>
      scored(task(labels), [
        {
          y: floats([
            [0, 1],
            [1, 0],
          ]),
        },
      ]);
    expect(run).toThrow(expect.objectContaining({ code: 'ERR_SAMPLES' }));
    expect(run).toThrow(problem);
  });

  it('names what the model does not give, or the samples do not have', () => {
    const outputs = [{ y: floats([[0, 1]]) }];
    expect(() => scored(task([0], { output: 'z' }), outputs)).toThrow("no output 'z', but 'y'");
    const masked = task([0], { padding: { mask: 'm' } });
    expect(() => scored(masked, outputs)).toThrow("no 'm' to tell padding by");
    expect(() => scored(masked, outputs, [{ m: wholes([[1], [1]]) }])).toThrow(
      "The mask 'm' has 2 rows, and the output has 1",
    );
  });

  it.each([
    [{ labels: [0.5] }, 'options.labels[0]'],
    [{ labels: [-1] }, 'options.labels[0]'],
    [{ labels: 3 }, 'options.labels'],
    [{ threshold: Number.NaN }, 'options.threshold'],
    [{ metric: 'f2' }, 'options.metric'],
    [{ labelNames: ['a', ''] }, 'options.labelNames[1]'],
    [{ padding: 'mask' }, 'options.padding'],
    [{ label: [] }, "'label'"],
  ])('checks its options: %j', (options, name) => {
    expect(() => task([], options)).toThrow(TypeError);
    expect(() => task([], options)).toThrow(name);
  });
});
