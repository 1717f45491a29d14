type Answers = readonly (number | string)[];

/** The share of items that two models answer alike; NaN, which is no answer, is like nothing. */
export function agreementOf(reference: Answers, answers: Answers): number {
  return answers.filter((answer, index) => answer === reference[index]).length / answers.length;
}
