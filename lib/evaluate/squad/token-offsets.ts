import type { TextTokenizer } from '../../samples/tokenizer.js';

/** A text in tokens, each with the characters that it stands for. */
export interface LocatedTokens {
  readonly ids: readonly number[];
  /** Of token i, [2 i] the first character (UTF-16 code unit) and [2 i + 1] the one after the last. */
  readonly offsets: Int32Array;
}

interface Piece {
  readonly text: string;
  /** Where it begins in the whole text. */
  readonly start: number;
}

/** A run of characters, as a base letter with its accents, and how many units tokens have for it. */
interface Cluster {
  readonly start: number;
  readonly end: number;
  readonly units: number;
}

/** [start, end) of each token in its piece. */
type Spans = readonly (readonly [start: number, end: number])[];

/**
 * Finds the characters that tokens stand for, which the tokenizer does not tell.
 *
 * A text is cut at its spaces, and each word into tokens alone, as BERT's reference does; within a
 * word the letters of the tokens are followed through the word. Where the words together have other
 * tokens than the whole text, the tokens of the whole are followed through the whole; where that
 * fails too, the words' tokens are used, for which the characters are known.
 *
 * A token that cannot be followed, such as [UNK] beside another, stands for its whole word: a span of
 * tokens then covers too much rather than something else.
 */
export class TokenLocator {
  readonly #tokenizer: TextTokenizer;
  /** Whether the space before a word belongs to its tokens, as in byte-level vocabularies. */
  readonly #withSpace: boolean;
  readonly #words = new Map<string, { ids: readonly number[]; spans: Spans }>();

  constructor(tokenizer: TextTokenizer) {
    this.#tokenizer = tokenizer;
    const probe = 'who was here';
    const joined = piecesOf(probe, false).flatMap(({ text }) => tokenizer.idsOf(text));
    this.#withSpace = !sameIds(joined, tokenizer.idsOf(probe));
  }

  locate(text: string): LocatedTokens {
    const whole = this.#tokenizer.idsOf(text);
    const words = piecesOf(text, this.#withSpace).map((piece) => ({ piece, ...this.#word(piece) }));
    const ids = words.flatMap((word) => word.ids);
    if (!sameIds(ids, whole)) {
      const spans = this.#follow(text, whole);
      if (spans) return { ids: whole, offsets: Int32Array.from(spans.flat()) };
    }
    const offsets = words.flatMap(({ piece, spans }) => spans.flat().map((at) => at + piece.start));
    return { ids, offsets: Int32Array.from(offsets) };
  }

  #word({ text }: Piece) {
    const known = this.#words.get(text);
    if (known) return known;
    const ids = this.#tokenizer.idsOf(text);
    const whole = [text.search(/\S|$/), text.length] as const;
    const spans = this.#follow(text, ids) ?? ids.map(() => whole);
    const word = { ids, spans };
    this.#words.set(text, word);
    return word;
  }

  /** Follows tokens through a text by their letters, or by their bytes; undefined where it cannot. */
  #follow(text: string, ids: readonly number[]): Spans | undefined {
    const tokens = ids.map((id) => this.#tokenizer.tokenOf(id));
    return this.#followLetters(text, tokens) ?? followBytes(text, tokens);
  }

  #followLetters(text: string, tokens: readonly string[]): Spans | undefined {
    const normalized = this.#normalize(text);
    const letters = clustersOf(text, (part) => this.#normalize(part).length);
    if (unitsOf(letters) !== normalized.length) return undefined;
    const lengths: number[] = [];
    let at = 0;
    for (const [index, token] of tokens.entries()) {
      const surface = surfaceOf(token);
      const end = normalized.startsWith(surface, at)
        ? at + surface.length
        : this.#endOfUnknown(token, tokens[index + 1], normalized, at);
      if (end === -1) return undefined;
      lengths.push(end - at);
      at = end;
    }
    return at === normalized.length ? spansOf(letters, lengths) : undefined;
  }

  /** An unknown part reaches to the next known one, which is a sign that always stands alone. */
  #endOfUnknown(token: string, next: string | undefined, text: string, at: number): number {
    if (token !== this.#tokenizer.unknownToken || next === token) return -1;
    return next === undefined ? text.length : text.indexOf(surfaceOf(next), at + 1);
  }

  #normalize(text: string): string {
    return this.#tokenizer.normalize(text).replace(/[\s▁]+/gu, '');
  }
}

/** A token without what marks the inside or the beginning of a word. */
function surfaceOf(token: string): string {
  return token.replace(/^##(?=.)|^▁/u, '');
}

/** Words, by the spaces that every tokenizer takes for such. */
function piecesOf(text: string, withSpace: boolean): Piece[] {
  const words = withSpace ? /[ \t\n\r\p{Zs}]*[^ \t\n\r\p{Zs}]+/gu : /[^ \t\n\r\p{Zs}]+/gu;
  return [...text.matchAll(words)].map((match) => ({ text: match[0], start: match.index }));
}

function sameIds(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((id, index) => id === b[index]);
}

function clustersOf(text: string, unitsFor: (part: string) => number): Cluster[] {
  return [...text.matchAll(/\P{M}\p{M}*|\p{M}+/gu)].map(({ 0: part, index }) => ({
    start: index,
    end: index + part.length,
    units: unitsFor(part),
  }));
}

function unitsOf(clusters: readonly Cluster[]): number {
  return clusters.reduce((sum, { units }) => sum + units, 0);
}

/** Byte-level tokens have one character for each byte of the text in UTF-8. */
function followBytes(text: string, tokens: readonly string[]): Spans | undefined {
  const bytes = clustersOf(text, (part) => Buffer.byteLength(part));
  const lengths = tokens.map((token) => [...token].length);
  const [first] = tokens;
  // Of the space that is put before a text that has none.
  if (first?.startsWith('Ġ') && !/^\s/u.test(text)) lengths[0] = (lengths[0] as number) - 1;
  if (lengths.reduce((sum, length) => sum + length, 0) !== unitsOf(bytes)) return undefined;
  return spansOf(bytes, lengths).map(([start, end]) => {
    const space = text.slice(start, end).search(/\S/u);
    return [start + Math.max(0, space), end] as const;
  });
}

/** @param lengths - of the tokens, which together take all units of the clusters. */
function spansOf(clusters: readonly Cluster[], lengths: readonly number[]): Spans {
  let cluster = 0;
  // Units of the cluster that earlier tokens took.
  let taken = 0;
  return lengths.map((length) => {
    while (taken >= (clusters[cluster]?.units ?? Number.POSITIVE_INFINITY)) {
      taken -= clusters[cluster++]?.units ?? 0;
    }
    const start = clusters[cluster]?.start ?? 0;
    let end = start;
    let last = cluster;
    for (let left = length + taken; left > 0 && last < clusters.length; last++) {
      left -= clusters[last]?.units ?? 0;
      end = clusters[last]?.end ?? end;
    }
    taken += length;
    return [start, end] as const;
  });
}
