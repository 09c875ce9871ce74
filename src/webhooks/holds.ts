import type { Hold, WebhookEventDoc } from './model.ts';
import { endOfText, namedIn, type NamedInBody } from './names.ts';
import { manyPersons, personKeyOf } from './persons.ts';

/** The person of a hold that is for those to whom the messages in `quotes` were sent. */
export const whoeverIsQuoted = 'quoted';

/** Of a hold without an exception; no key is so short. */
export const always = '';

/** The most holds of links, and the most quotes, that an event stores; one with more holds anyone of its business. */
export const maxLinks = 2_000;
export const maxQuotes = 100;

export type HoldFields = Pick<WebhookEventDoc, 'holdsSends' | 'holds' | 'quotes'>;

interface HoldingBody {
  readonly body: string;
  readonly isUrgent: boolean;
  /** The keys of the persons whom it names. */
  readonly persons: readonly string[];
}

/**
 * What an event holds until it is read. One that may be an opt-out holds the persons whom it names, and those whom its
 * author may be. Every other one holds a person of whom it may tell an identity that is not known yet: an opt-out from there
 * may be stored, too.
 */
export function holdsOf(event: HoldingBody): HoldFields {
  const mayBeOptOut = event.isUrgent || hasEscapedName(event.body);
  const { holds, quotes } = mayBeOptOut ? ofOptOut(event) : ofLinks(event);
  return {
    ...(holds.length === 0 ? {} : { holdsSends: true, holds }),
    ...(quotes.length === 0 ? {} : { quotes }),
  };
}

interface Holds {
  readonly holds: readonly Hold[];
  readonly quotes: readonly string[];
}

const holdAlways = (person: string): Hold => ({ person, unless: always });
const onlyHolds = (holds: readonly Hold[]): Holds => ({ holds, quotes: [] });
const anyone = onlyHolds([holdAlways(manyPersons)]);

const escapedLetter = /\\u00[2-7][\da-f]/gi;
const colon = /\s{0,9}:/y;

/**
 * Whether the name of a field has a letter that is written as an escape: nobody can tell what the event is without parsing it.
 * Goes over each text once, however many escapes it has.
 */
function hasEscapedName(body: string): boolean {
  escapedLetter.lastIndex = 0;
  while (escapedLetter.test(body)) {
    const end = endOfText(body, escapedLetter.lastIndex) + 1;
    colon.lastIndex = end;
    if (colon.test(body)) return true;
    escapedLetter.lastIndex = end;
  }
  return false;
}

/** Fields by which a person is found, and which `personKeysIn` does not read. */
const namesMore = /"(?:previous|current|threads)"|\\u00[2-7]/i;
/** The same for the person whom an opt-out may be of. */
const saysMore = /"(?:context|reaction|system)"/;

function ofOptOut({ body, persons }: HoldingBody): Holds {
  if (persons.includes(manyPersons)) return anyone;
  if (!saysMore.test(body) && !namesMore.test(body)) return onlyHolds(persons.map(holdAlways));
  const { ids, quotes } = namedIn(body);
  const all = new Set([...persons, ...ids.map(personKeyOf)]);
  if (all.size > maxLinks || quotes.length > maxQuotes) return anyone;
  if (quotes.length > 0) all.add(whoeverIsQuoted);
  return { holds: [...all].map(holdAlways), quotes };
}

function ofLinks({ body, persons }: HoldingBody): Holds {
  const isOfOne = persons.length < 2 && !persons.includes(manyPersons);
  if (isOfOne && !namesMore.test(body)) return onlyHolds([]);
  const links = linksOf(namedIn(body));
  return links === null ? anyone : onlyHolds(links);
}

/**
 * Each group as a ring: every identity holds its person unless the next one is known. Whoever knows some of a ring, and not
 * all, knows one whose next is unknown. Null if there are too many.
 */
function linksOf({ groups }: NamedInBody): readonly Hold[] | null {
  const links = new Map<string, Hold>();
  for (const ids of groups) {
    const keys = ids.map(personKeyOf).toSorted();
    for (const [index, person] of keys.entries()) {
      const unless = keys[(index + 1) % keys.length] ?? person;
      links.set(person + unless, { person, unless });
    }
    if (links.size > maxLinks) return null;
  }
  return [...links.values()];
}
