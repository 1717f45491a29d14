import { tokenClassificationTask } from 'tensorrt-node/evaluate';
import { describe, expect, it } from 'vitest';
import { entitiesOf } from '../../dist/evaluate/tokens/entities.js';
import { expected, floats, scored, wholes } from './evaluate-fixtures.js';

const iob2 = ['O', 'B-PER', 'I-PER', 'B-LOC', 'I-LOC'];
const indices = (tags: readonly string[]) => tags.map((tag) => iob2.indexOf(tag));
/** Logits that answer with these classes. */
const answering = (rows: number[][]) =>
  floats(rows.map((row) => row.map((index) => iob2.map((_, other) => Number(other === index)))));

describe('entities', () => {
  it('are those of seqeval, also in tags that are not well-formed', () => {
    const cases = expected.entities as [string[], [string, number, number][]][];
    expect(cases).toHaveLength(200);
    for (const [tags, entities] of cases) {
      const found = entitiesOf(tags).map(({ type, start, end }) => [type, start, end]);
      expect(found, tags.join(' ')).toEqual(entities);
    }
  });

  it('may be tagged as BILOU, and without types', () => {
    expect(entitiesOf(['U-A', 'B-A', 'L-A', 'I-A'])).toEqual([
      { type: 'A', start: 0, end: 0 },
      { type: 'A', start: 1, end: 2 },
      { type: 'A', start: 3, end: 3 },
    ]);
    expect(entitiesOf(['B', 'I', 'O', 'I'])).toEqual([
      { type: '', start: 0, end: 1 },
      { type: '', start: 3, end: 3 },
    ]);
  });
});

describe('token classification', () => {
  const { labels, answers } = expected.tokens as { labels: string[][]; answers: string[][] };

  it('has the figures of seqeval', () => {
    const task = tokenClassificationTask({
      samples: [],
      labels: labels.map(indices),
      labelNames: iob2,
    });
    expect(task.metric).toBe('f1');
    const score = scored(task, [
      { logits: answering(answers.slice(0, 10).map(indices)) },
      { logits: answering(answers.slice(10).map(indices)) },
    ]);
    for (const name of ['accuracy', 'precision', 'recall', 'f1']) {
      expect(score.metrics[name]).toBeCloseTo(expected.tokens[name], 12);
    }
    expect(score.classes?.map(({ label }) => label)).toEqual(['LOC', 'PER']);
    for (const { label, precision, recall, f1, support } of score.classes ?? []) {
      const figures = [precision, recall, f1, support];
      figures.forEach((figure, index) => {
        expect(figure).toBeCloseTo(expected.tokens.types[label][index], 12);
      });
    }
  });

  it('leaves ignored labels, padding and filler rows out', () => {
    const score = scored(
      tokenClassificationTask({
        samples: [],
        labels: [
          [-100, 1, -100, 2, 0],
          [-100, 3],
        ],
        labelNames: iob2,
        padding: { mask: 'mask' },
      }),
      [
        {
          logits: answering([
            [4, 1, 4, 2, 4],
            [4, 3, 1, 1, 1],
            [1, 1, 1, 1, 1],
          ]),
        },
      ],
      [
        {
          mask: wholes([
            [1, 1, 1, 1, 0],
            [1, 1, 1, 1, 1],
            [0, 0, 0, 0, 0],
          ]),
        },
      ],
    );
    // B-PER and I-PER meet where the piece between them is ignored.
    expect(score.metrics).toEqual({ f1: 1, precision: 1, recall: 1, accuracy: 1 });
    expect(score.answers).toEqual([1, 2, 3]);
    expect(Array.from(score.right ?? [])).toEqual([1, 1]);
  });

  it('scores tokens alone where labels are no tags', () => {
    const task = tokenClassificationTask({ samples: [], labels: [[0, 1], [1]] });
    expect(task.metric).toBe('accuracy');
    const logits = floats([
      [
        [1, 0],
        [1, 0],
      ],
      [
        [0, 1],
        [1, 0],
      ],
    ]);
    const score = scored(task, [{ logits }]);
    expect(score.metrics['accuracy']).toBeCloseTo(2 / 3, 12);
    // By hand: rights 1 and 1 of 2 and 1 tokens, residuals -1/3 and 1/3, sqrt(2/9 * 2 / 1) / 3.
    expect(score.standardError).toBeCloseTo(Math.sqrt(4 / 9) / 3, 12);
    expect(Array.from(score.right ?? [])).toEqual([0, 1]);
  });

  it('counts NaN as a wrong token that belongs to no entity', () => {
    const logits = floats([
      [
        [0, Number.NaN, 0, 0, 0],
        [0, 1, 0, 0, 0],
      ],
    ]);
    const task = tokenClassificationTask({ samples: [], labels: [[0, 1]], labelNames: iob2 });
    const score = scored(task, [{ logits }]);
    expect(score.metrics).toEqual({ f1: 1, precision: 1, recall: 1, accuracy: 0.5 });
    expect(score.notes).toEqual(['1 of 2 tokens hold NaN: wrong answers.']);
  });

  it.each([
    [[[0, 0, 0]], 'Row 0 has a label for token 2, and the model gives 2 tokens'],
    [[[0, 5]], 'Row 0 has the label 5 at token 1, and the model gives 5 classes'],
    [[[0], [0]], 'labels for 2 rows, and the model gives 1'],
  ])('refuses the labels %j', (rows, problem) => {
    const task = tokenClassificationTask({ samples: [], labels: rows });
    expect(() => scored(task, [{ logits: answering([[0, 0]]) }])).toThrow(problem);
  });

  it('refuses an output of rows, and F1 without tags', () => {
    const task = tokenClassificationTask({ samples: [], labels: [[0]] });
    expect(() => scored(task, [{ y: floats([[0, 1]]) }])).toThrow('[rows, tokens, classes]');
    const noun = { samples: [], labels: [], labelNames: ['NOUN', 'VERB'] };
    expect(tokenClassificationTask(noun).metric).toBe('accuracy');
    expect(() => tokenClassificationTask({ ...noun, metric: 'f1' })).toThrow(TypeError);
    expect(() => tokenClassificationTask({ samples: [], labels: [[-1]] })).not.toThrow();
    expect(() => tokenClassificationTask({ samples: [], labels: [[-101]] })).toThrow(TypeError);
  });
});
