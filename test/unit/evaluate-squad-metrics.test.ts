import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  normalizeAnswer,
  type SquadRules,
  scoreAnswer,
} from '../../dist/evaluate/squad/answer-scores.js';
import { type SquadQuestion, scoreSquad } from '../../dist/evaluate/squad/metrics.js';

// Scored by torchmetrics and by SQuAD's own two scripts: scripts/fixtures/squad.py.
type Pair = [exact: number, f1: number];
interface Case {
  prediction: string;
  answers: string[];
}
type V2Scores = Record<string, number>;
interface Fixture {
  cases: (Case & Record<SquadRules, Pair>)[];
  totals: Record<'torchmetrics' | 'v1.1', Pair>;
  impossible: {
    cases: Case[];
    noAnswer: number[];
    plain: V2Scores;
    thresholds: { threshold: number; scores: V2Scores }[];
  };
}

const path = resolve(import.meta.dirname, '../fixtures/squad/scores.json.gz');
const fixture: Fixture = JSON.parse(gunzipSync(readFileSync(path)).toString('utf8'));

function numbered(cases: readonly Case[]) {
  const questions: SquadQuestion[] = cases.map(({ answers }, index) => ({
    id: `${index}`,
    answers,
  }));
  const predictions = new Map(cases.map(({ prediction }, index) => [`${index}`, prediction]));
  return { questions, predictions };
}

/** Under the names of evaluate-v2.0.py. */
function named({ exact, f1, total, hasAnswer, noAnswer, best }: ReturnType<typeof scoreSquad>) {
  return {
    exact,
    f1,
    total,
    HasAns_exact: hasAnswer?.exact,
    HasAns_f1: hasAnswer?.f1,
    HasAns_total: hasAnswer?.total,
    NoAns_exact: noAnswer?.exact,
    NoAns_f1: noAnswer?.f1,
    NoAns_total: noAnswer?.total,
    best_exact: best?.bestExact,
    best_exact_thresh: best?.bestExactThreshold,
    best_f1: best?.bestF1,
    best_f1_thresh: best?.bestF1Threshold,
  };
}

describe.each(['torchmetrics', 'v1.1', 'v2.0'] as const)(
  'the score of an answer by %s',
  (rules) => {
    it('is the same to the last bit in 1,000 cases', () => {
      const given = fixture.cases.map(({ prediction, answers }) => {
        const { exact, f1 } = scoreAnswer(prediction, answers, rules);
        return { prediction, answers, score: [100 * exact, 100 * f1] };
      });
      const expected = fixture.cases.map((each) => {
        const { prediction, answers } = each;
        return { prediction, answers, score: each[rules] };
      });
      expect(given).toHaveLength(1000);
      expect(given).toEqual(expected);
    });
  },
);

describe('the scores of a data set', () => {
  it.each(['torchmetrics', 'v1.1'] as const)('are the same as by %s', (rules) => {
    const { questions, predictions } = numbered(fixture.cases);
    const { exact, f1 } = scoreSquad(questions, predictions, { rules });
    expect([exact, f1]).toEqual(fixture.totals[rules]);
  });

  it('are the same as by the script for v2.0, with every threshold', () => {
    const { cases, noAnswer, plain, thresholds } = fixture.impossible;
    const { questions, predictions } = numbered(cases);
    const sureness = new Map(noAnswer.map((value, index) => [`${index}`, value]));
    const even = new Map(noAnswer.map((_, index) => [`${index}`, 0]));
    expect(named(scoreSquad(questions, predictions, { noAnswer: even }))).toEqual(plain);
    for (const { threshold, scores } of thresholds) {
      const options = { noAnswer: sureness, noAnswerThreshold: threshold };
      expect(named(scoreSquad(questions, predictions, options)), `${threshold}`).toEqual(scores);
    }
  });

  it('count a question without a prediction by v1.1, and leave it out by v2.0', () => {
    const questions = [
      { id: 'a', answers: ['cat'] },
      { id: 'b', answers: ['dog'] },
    ];
    const predictions = new Map([['a', 'The cat']]);
    expect(scoreSquad(questions, predictions)).toMatchObject({
      rules: 'v1.1',
      exact: 50,
      total: 2,
    });
    const v2 = scoreSquad(questions, predictions, { rules: 'v2.0' });
    expect(v2).toMatchObject({ exact: 100, f1: 100, total: 1, noAnswer: undefined });
  });

  it('need a right answer by v1.1', () => {
    const questions = [{ id: 'a', answers: [] }];
    expect(() => scoreSquad(questions, new Map([['a', 'x']]), { rules: 'v1.1' })).toThrow(
      "Expected at least one for the answers to question 'a'",
    );
    expect(scoreSquad(questions, new Map([['a', '']]))).toMatchObject({ rules: 'v2.0', f1: 100 });
  });

  it('need something to score', () => {
    expect(() => scoreSquad([], new Map())).toThrow(TypeError);
  });
});

describe('normalised answers', () => {
  it.each([
    ['Straße', 'straße'],
    ['\u0130', 'i\u0307'],
    ['ΣΑΣ', 'σας'],
    ['one\x1ctwo\x85three', 'one two three'],
    ['\ufeffone', '\ufeffone'],
    ['The U.S. – an “Example”', 'us – “example”'],
    // A combining mark is no letter to Python, so an article before it goes.
    ['a\u0301', '\u0301'],
  ])('of %j are %j', (answer, expected) => {
    expect(normalizeAnswer(answer)).toBe(expected);
  });
});
