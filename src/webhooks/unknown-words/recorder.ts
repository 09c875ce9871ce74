import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import type { WebhookItem } from '../../whatsapp/events.ts';
import type { UnknownWord } from '../../whatsapp/known-words.ts';
import { isAddressOrigin } from '../source.ts';
import type { UnknownWordRepository } from './repository.ts';
import { safeWord, unknownWordsIn } from './names.ts';

interface UnknownWordDeps {
  readonly words: Pick<UnknownWordRepository, 'noteSeen'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export type UnknownWords = ReturnType<typeof createUnknownWords>;

/**
 * Anyone with a channel address can invent names: this process keeps so many, few of one origin, and calls all others
 * `other`. All addresses together leave room for what Meta signs.
 */
const maxWords = 1_000;
const maxWordsOfAddresses = 500;
const maxWordsOfOrigin = 50;

/** The time of a word that keeps coming is stored again after this long. */
const refreshMs = 60 * 60 * 1_000;

/** Remembers the names that the product does not know: each is logged once per process, and listed for operators. */
export function createUnknownWords({ words, clock, logger }: UnknownWordDeps) {
  const storedAt = new Map<string, number>();
  /** How many of the words each origin was the first to name. */
  const counts = new Map<string, number>();
  let addressCount = 0;
  const pending = new Map<string, UnknownWord>();

  /** Whether the word is known by now, or the origin may add one more. */
  function isKept(id: string, origin: string): boolean {
    if (storedAt.has(id)) return true;
    const count = counts.get(origin) ?? 0;
    const isAddress = isAddressOrigin(origin);
    if (storedAt.size >= maxWords || count >= maxWordsOfOrigin) return false;
    if (isAddress && addressCount >= maxWordsOfAddresses) return false;
    counts.set(origin, count + 1);
    if (isAddress) addressCount += 1;
    return true;
  }

  function keep({ kind, word }: UnknownWord, origin: string): void {
    const safe = safeWord(word);
    const kept = { kind, word: isKept(`${kind}:${safe}`, origin) ? safe : 'other' };
    const id = `${kept.kind}:${kept.word}`;
    const before = storedAt.get(id);
    if (before === undefined) logger.warn(kept, 'webhook name is not known; see npm run unknown-words');
    if (before !== undefined && clock.now().getTime() - before < refreshMs) return;
    storedAt.set(id, clock.now().getTime());
    pending.set(id, kept);
  }

  return {
    /** `origin` is whoever posted it, as far as that is known. */
    note(item: WebhookItem, origin: string): void {
      for (const unknown of unknownWordsIn(item)) keep(unknown, origin);
    },

    /** Stores what was noted. A failure keeps it for the next flush. */
    async flush(): Promise<void> {
      const seen = [...pending];
      if (seen.length === 0) return;
      try {
        await words.noteSeen(
          seen.map(([, word]) => word),
          clock.now(),
        );
        for (const [id] of seen) pending.delete(id);
      } catch (error) {
        logger.warn({ error }, 'unknown webhook names not stored; retrying with the next batch');
      }
    },
  };
}
