import type { Print } from '../../platform/command-line.ts';
import type { UnknownWordRepository } from './repository.ts';

interface CommandDeps {
  readonly words: Pick<UnknownWordRepository, 'list'>;
  readonly print: Print;
}

export const unknownWordsUsage = `Lists the names in webhook bodies that the product does not know, the latest seen first.

  npm run unknown-words
`;

const maxListed = 1_000;

/** Prints one line per name. Its events are on the channels that they concern. */
export async function listUnknownWords({ words, print }: CommandDeps): Promise<void> {
  const found = await words.list(maxListed);
  if (found.length === 0) {
    print('No unknown names.');
    return;
  }
  print(lineOf('kind', 'name', 'first seen', 'last seen'));
  for (const { kind, word, firstSeenAt, lastSeenAt } of found)
    print(lineOf(kind, word, firstSeenAt.toISOString(), lastSeenAt.toISOString()));
}

const lineOf = (kind: string, word: string, first: string, last: string): string =>
  `${kind.padEnd(14)}  ${word.padEnd(48)}  ${first.padEnd(24)}  ${last}`;
