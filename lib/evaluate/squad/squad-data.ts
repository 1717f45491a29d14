import { readFile } from 'node:fs/promises';
import { checkText } from '../../arguments.js';
import { onFile } from '../../files.js';
import { sampleError } from '../../samples/sample-error.js';
import type { SquadQuestion } from './metrics.js';

/** A text, and what is asked about it. */
export interface SquadParagraph {
  readonly context: string;
  readonly questions: readonly SquadItem[];
}

export interface SquadItem extends SquadQuestion {
  readonly question: string;
}

type Json = Record<string, unknown>;

/**
 * Reads questions in the format of SQuAD v1.1 or v2.0, as `dev-v1.1.json` is.
 *
 * @throws TensorRTError `ERR_SAMPLES` that names the place in the file where it is damaged;
 * `ERR_FILE` where it cannot be read.
 */
export async function readSquad(path: string): Promise<SquadParagraph[]> {
  checkText('path', path);
  const text = await onFile('read', path, () => readFile(path, 'utf8'));
  try {
    return new SquadReader(path).paragraphsOf(JSON.parse(text.replace(/^\uFEFF/, '')));
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw sampleError(path, `is not JSON: ${cause.message}`, { cause, remedy });
  }
}

const remedy = 'Pass a file of SQuAD, such as dev-v1.1.json or dev-v2.0.json.';

/** Reads the parts of one file; what is wrong is told with the place, as `data[0].paragraphs[2]`. */
class SquadReader {
  readonly #path: string;
  readonly #ids = new Set<string>();

  constructor(path: string) {
    this.#path = path;
  }

  paragraphsOf(file: unknown): SquadParagraph[] {
    const articles = this.#list(this.#object(file, ''), 'data', '');
    const paragraphs = articles.flatMap((article, index) => {
      const place = `data[${index}]`;
      return this.#list(this.#object(article, place), 'paragraphs', place).map((each, at) =>
        this.#paragraph(each, `${place}.paragraphs[${at}]`),
      );
    });
    if (this.#ids.size > 0) return paragraphs;
    throw sampleError(this.#path, 'has no questions', { remedy });
  }

  #paragraph(value: unknown, place: string): SquadParagraph {
    const paragraph = this.#object(value, place);
    return {
      context: this.#text(paragraph, 'context', place),
      questions: this.#list(paragraph, 'qas', place).map((each, index) =>
        this.#item(each, `${place}.qas[${index}]`),
      ),
    };
  }

  #item(value: unknown, place: string): SquadItem {
    const item = this.#object(value, place);
    const id = this.#text(item, 'id', place);
    if (this.#ids.has(id)) throw this.#error(`${place}.id`, `is '${id}', as that of another`);
    this.#ids.add(id);
    const answers = this.#list(item, 'answers', place).map((each, index) =>
      this.#text(
        this.#object(each, `${place}.answers[${index}]`),
        'text',
        `${place}.answers[${index}]`,
      ),
    );
    return { id, question: this.#text(item, 'question', place), answers };
  }

  #object(value: unknown, place: string): Json {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
    throw this.#error(place, 'is no object');
  }

  #list(parent: Json, name: string, place: string): readonly unknown[] {
    const value = parent[name];
    if (Array.isArray(value)) return value;
    throw this.#error(within(place, name), value === undefined ? 'is missing' : 'is no list');
  }

  #text(parent: Json, name: string, place: string): string {
    const value = parent[name];
    if (typeof value === 'string') return value;
    throw this.#error(within(place, name), value === undefined ? 'is missing' : 'is no text');
  }

  #error(place: string, problem: string): Error {
    const subject = place === '' ? 'the whole' : place;
    return sampleError(this.#path, `is no file of SQuAD: ${subject} ${problem}`, { remedy });
  }
}

function within(place: string, name: string): string {
  return place === '' ? name : `${place}.${name}`;
}
