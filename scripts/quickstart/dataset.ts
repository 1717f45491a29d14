/** Film reviews with a label, split so that no film is in two parts. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import bunzip from 'seek-bzip';
import { TensorRTError } from 'tensorrt-node';

export interface Review {
  readonly text: string;
  /** 1 for a favourable review ("fresh"), 0 for an unfavourable one ("rotten"). */
  readonly label: 0 | 1;
  readonly film: string;
}

export interface Split {
  /** Fits the classifier. */
  readonly train: readonly Review[];
  /** Chooses the classifier's regularization, and calibrates. */
  readonly heldIn: readonly Review[];
  /** Measures accuracy, and nothing else. */
  readonly heldOut: readonly Review[];
}

const trainShare = 0.7;
const heldInShare = 0.1;

/**
 * Reads the reviews, a bzip2-compressed CSV file with a header line. Film plots, which have no
 * label, empty texts and repeated ones are left out.
 *
 * @throws TensorRTError `ERR_FILE` when the file cannot be read or is not of that form.
 */
export async function readReviews(file: string): Promise<Review[]> {
  try {
    return parseReviews(bunzip.decode(await readFile(file)).toString('utf8'));
  } catch (cause) {
    throw new TensorRTError(
      'ERR_FILE',
      `The reviews in ${file} cannot be read: ${(cause as Error).message}.`,
      { file, cause, remedy: 'Delete its folder in the cache and run the quickstart again.' },
    );
  }
}

export function parseReviews(csv: string): Review[] {
  const rows = parse<Record<'category' | 'text' | 'movie_name', string>>(csv, { columns: true });
  const reviews = new Map<string, Review>();
  for (const { category, text: untrimmed, movie_name: film } of rows) {
    const text = untrimmed.trim();
    if (category === 'plot' || text === '' || reviews.has(text)) continue;
    if (category !== 'fresh' && category !== 'rotten') throw new Error(`unknown label ${category}`);
    reviews.set(text, { text, label: category === 'fresh' ? 1 : 0, film });
  }
  return [...reviews.values()];
}

/** Splits by film: two reviews of a film share names and plot, so they must not be apart. */
export function splitByFilm(reviews: readonly Review[]): Split {
  const split = { train: [] as Review[], heldIn: [] as Review[], heldOut: [] as Review[] };
  for (const review of reviews) {
    const share = hashFraction(review.film);
    if (share < trainShare) split.train.push(review);
    else if (share < trainShare + heldInShare) split.heldIn.push(review);
    else split.heldOut.push(review);
  }
  return split;
}

/** A sample that depends on the texts alone, not on their order or on a random number. */
export function sample(reviews: readonly Review[], count: number): Review[] {
  return reviews
    .map((review) => ({ review, rank: hashFraction(review.text) }))
    .sort((a, b) => a.rank - b.rank)
    .slice(0, count)
    .map(({ review }) => review);
}

/** A number in [0, 1) that is a function of the text. */
function hashFraction(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0) / 2 ** 32;
}
