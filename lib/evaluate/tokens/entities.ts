/** Words that belong together, such as a name: a type, and the places of its first and last word. */
export interface Entity {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

/** The prefixes that begin an entity, and those that end one, in BIO, IOB2, IOBES and BILOU. */
const begins = new Set(['B', 'S', 'U']);
const ends = new Set(['E', 'L', 'S', 'U']);

/**
 * The entities in the tags of a sentence, such as `B-PER I-PER O`. Tags need not be well-formed: an
 * `I-` that follows nothing, or another type, begins an entity, as the evaluation of CoNLL-2000 has it,
 * which is also the default mode of the package seqeval.
 */
export function entitiesOf(tags: readonly string[]): Entity[] {
  const entities: Entity[] = [];
  let open: { type: string; start: number } | undefined;
  let endedBefore = true;
  for (const [place, tag] of tags.entries()) {
    const { prefix, type } = parse(tag);
    const outside = prefix === 'O';
    const goesOn = !outside && !begins.has(prefix) && !endedBefore && open?.type === type;
    if (open && !goesOn) entities.push({ ...open, end: place - 1 });
    if (!goesOn) open = outside ? undefined : { type, start: place };
    endedBefore = outside || ends.has(prefix);
  }
  if (open) entities.push({ ...open, end: tags.length - 1 });
  return entities;
}

/** A type stands behind the first hyphen and may hold others. A bare `B` is an entity without one. */
function parse(tag: string): { prefix: string; type: string } {
  const at = tag.indexOf('-');
  return { prefix: tag[0] ?? 'O', type: at === -1 ? '' : tag.slice(at + 1) };
}
