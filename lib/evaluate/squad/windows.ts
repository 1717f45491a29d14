import type { EncodedText, PairFrame, TextTokenizer } from '../../samples/tokenizer.js';
import type { SquadItem, SquadParagraph } from './squad-data.js';
import { type LocatedTokens, TokenLocator } from './token-offsets.js';

/** A paragraph in tokens. */
export interface TokenizedContext extends LocatedTokens {
  readonly text: string;
}

/** A question with the windows in which a model sees the text, in their order. */
export interface WindowedQuestion {
  readonly item: SquadItem;
  readonly context: TokenizedContext;
  readonly questionIds: readonly number[];
  readonly windows: readonly SquadWindow[];
}

/** A piece of a text: tokens `start` to `start + length` of its context. */
export interface SquadWindow {
  readonly question: WindowedQuestion;
  readonly start: number;
  readonly length: number;
}

export interface WindowOptions {
  readonly maxLength: number;
  readonly stride: number;
  readonly maxQuestionLength: number;
}

/** Cuts texts into windows that fit a model beside their questions, as BERT's reference does. */
export class SquadWindows {
  readonly #tokenizer: TextTokenizer;
  readonly #frame: PairFrame;
  readonly #options: WindowOptions;
  readonly #locator: TokenLocator;

  constructor(tokenizer: TextTokenizer, options: WindowOptions) {
    this.#tokenizer = tokenizer;
    this.#frame = tokenizer.pairFrame();
    this.#options = options;
    this.#locator = new TokenLocator(tokenizer);
  }

  /** The questions about a paragraph; its text is cut into tokens once. */
  questionsOf({ context: text, questions }: SquadParagraph): WindowedQuestion[] {
    const context = { text, ...this.#locator.locate(text) };
    return questions.map((item) => this.#windowed(item, context));
  }

  #windowed(item: SquadItem, context: TokenizedContext): WindowedQuestion {
    const { maxLength, stride, maxQuestionLength } = this.#options;
    const { before, between, after } = this.#frame;
    const special = before.ids.length + between.ids.length + after.ids.length;
    // A question takes at most what leaves one token of the text.
    const most = Math.max(0, Math.min(maxQuestionLength, maxLength - special - 1));
    const questionIds = this.#tokenizer.idsOf(item.question).slice(0, most);
    const room = Math.max(1, maxLength - special - questionIds.length);
    const windows: SquadWindow[] = [];
    const question = { item, context, questionIds, windows };
    const end = context.ids.length;
    for (let start = 0; ; start += Math.min(room, stride)) {
      const length = Math.min(room, end - start);
      windows.push({ question, start, length });
      if (start + length >= end) return question;
    }
  }

  /** What a model is fed for a window. */
  encode({ question: { questionIds, context }, start, length }: SquadWindow): EncodedText {
    const { before, between, after, types } = this.#frame;
    const [first, second] = types;
    const text = context.ids.slice(start, start + length);
    const typed = (ids: readonly number[], type: number) => ids.map(() => type);
    return {
      ids: [...before.ids, ...questionIds, ...between.ids, ...text, ...after.ids],
      typeIds: [
        ...before.typeIds,
        ...typed(questionIds, first),
        ...between.typeIds,
        ...typed(text, second),
        ...after.typeIds,
      ],
    };
  }

  /** Where the text begins among the tokens that a model is fed. */
  textStart({ questionIds }: WindowedQuestion): number {
    const { before, between } = this.#frame;
    return before.ids.length + questionIds.length + between.ids.length;
  }

  /** The number of tokens that a model is fed for a window. */
  lengthOf({ question, length }: SquadWindow): number {
    return this.textStart(question) + length + this.#frame.after.ids.length;
  }
}

/**
 * Whether a token of the text has more around it in this window than in any other: only there a
 * model's answer may begin with it. Of equal windows the first counts.
 */
export function hasMostContext({ question, start, length }: SquadWindow, token: number): boolean {
  const scoreIn = (from: number, count: number) =>
    Math.min(token - from, from + count - 1 - token) + 0.01 * count;
  const own = scoreIn(start, length);
  return question.windows.every((other) => {
    const inside = token >= other.start && token < other.start + other.length;
    if (!inside || other.start === start) return true;
    const score = scoreIn(other.start, other.length);
    return other.start < start ? score < own : score <= own;
  });
}
