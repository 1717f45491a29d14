import { similarityTask } from 'tensorrt-node/evaluate';
import { describe, expect, it } from 'vitest';
import {
  errorOfPearson,
  errorOfSpearman,
  pearson,
  ranks,
  spearman,
} from '../../dist/evaluate/statistics/correlation.js';
import { expected, floats, scored, wholes } from './evaluate-fixtures.js';

interface Case {
  name: string;
  x: number[];
  y: number[];
  ranks: number[];
  spearman: number;
  pearson: number;
}

describe('correlation', () => {
  it.each((expected.correlations as Case[]).map((each) => [each.name, each] as const))(
    'is that of scipy: %s',
    (_, figures) => {
      expect(Array.from(ranks(figures.x))).toEqual(figures.ranks);
      expect(spearman(figures.x, figures.y)).toBeCloseTo(figures.spearman, 10);
      expect(pearson(figures.x, figures.y)).toBeCloseTo(figures.pearson, 8);
    },
  );

  it('is no number where nothing varies, or something is none', () => {
    expect(pearson([1, 1, 1], [1, 2, 3])).toBeNaN();
    expect(spearman([1, Number.NaN, 3], [1, 2, 3])).toBeNaN();
  });

  it('has the standard errors of Bonett and Wright', () => {
    // By hand: (1 - .25) / sqrt(100), and that times sqrt(1.125).
    expect(errorOfPearson(0.5, 103)).toBeCloseTo(0.075, 12);
    expect(errorOfSpearman(0.5, 103)).toBeCloseTo(0.075 * Math.sqrt(1.125), 12);
  });
});

describe('similarity', () => {
  // The angles of (1, 0) with these grow: cosines 1, .8, 0.
  const vectors = [
    [1, 0],
    [2, 0],
    [1, 0],
    [4, 3],
    [1, 0],
    [0, 1],
  ];

  it('pairs neighbours, and takes what the model pooled', () => {
    const score = scored(similarityTask({ samples: [], scores: [5, 4, 0] }), [
      { pooled: floats(vectors.slice(0, 3)) },
      { pooled: floats(vectors.slice(3)) },
    ]);
    expect(score.metrics['spearman']).toBeCloseTo(1, 12);
    // numpy.corrcoef([1, .8, 0], [5, 4, 0])[0, 1]
    expect(score.metrics['pearson']).toBeCloseTo(1, 12);
    const falling = similarityTask({ samples: [], scores: [0, 1, 2] });
    expect(scored(falling, [{ y: floats(vectors) }]).metrics['spearman']).toBeCloseTo(-1, 12);
  });

  it('takes pairs by index', () => {
    const task = similarityTask({
      samples: [],
      scores: [1, 2, 3],
      pairs: [
        [0, 2],
        [0, 1],
        [0, 0],
      ],
    });
    const score = scored(task, [
      {
        y: floats([
          [1, 0],
          [4, 3],
          [0, 1],
        ]),
      },
    ]);
    expect(score.metrics['spearman']).toBeCloseTo(1, 12);
    const beyond = similarityTask({
      samples: [],
      scores: [1, 2],
      pairs: [
        [0, 1],
        [0, 9],
      ],
    });
    expect(() =>
      scored(beyond, [
        {
          y: floats([
            [1, 0],
            [4, 3],
          ]),
        },
      ]),
    ).toThrow('the items 0 and 9');
  });

  it('pools tokens: their mean without padding, or the first', () => {
    // Row 1 and 3 turn only by what the mask leaves out, or by what comes after the first token.
    const tokens = floats([
      [
        [1, 0],
        [0, 9],
      ],
      [
        [1, 0],
        [9, 9],
      ],
      [
        [1, 0],
        [0, 1],
      ],
      [
        [1, 0],
        [-1, 1],
      ],
      [
        [1, 0],
        [0, 0],
      ],
      [
        [0, 1],
        [5, 5],
      ],
    ]);
    const feeds = {
      mask: wholes([
        [1, 0],
        [1, 0],
        [1, 1],
        [1, 1],
        [1, 1],
        [1, 0],
      ]),
    };
    // Cosines of the means: 1; of (1, 1) and (0, 1): .707; of (1, 0) and (0, 1): 0.
    const mean = similarityTask({ samples: [], scores: [9, 5, 1], mask: 'mask' });
    expect(scored(mean, [{ y: tokens }], [feeds]).metrics['spearman']).toBeCloseTo(1, 12);
    const first = similarityTask({ samples: [], scores: [2, 2, 1], pooling: 'first' });
    expect(scored(first, [{ y: tokens }]).metrics['pearson']).toBeCloseTo(1, 12);
    expect(() => scored(mean, [{ y: tokens }])).toThrow("no 'mask' to tell padding by");
    const none = similarityTask({ samples: [], scores: [9, 5, 1], pooling: 'none' });
    expect(() => scored(none, [{ y: tokens }])).toThrow("the pooling 'none' takes [rows, size]");
  });

  it('has no number where an embedding is NaN or of length 0', () => {
    const score = scored(similarityTask({ samples: [], scores: [1, 2] }), [
      {
        y: floats([
          [0, 0],
          [1, 0],
          [1, 0],
          [1, 1],
        ]),
      },
    ]);
    expect(score.metrics['spearman']).toBeNaN();
    expect(score.notes).toEqual(['1 of 2 pairs have no cosine.']);
  });

  it('checks its options and the number of rows', () => {
    const odd = similarityTask({ samples: [], scores: [1, 2] });
    expect(() => scored(odd, [{ y: floats([[1], [1], [1]]) }])).toThrow('the model gives 3 items');
    for (const options of [
      { scores: [1] },
      { scores: [1, Number.NaN] },
      { pairs: [[0, 1]] },
      { pooling: 'max' },
      { metric: 'kendall' },
      { score: 1 },
    ] as object[]) {
      expect(() => similarityTask({ samples: [], scores: [1, 2], ...options })).toThrow(TypeError);
    }
  });
});
