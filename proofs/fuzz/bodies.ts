import { below, pickByShare, type Random } from '../shared/random.ts';
import type { CorpusEntry } from './corpus.ts';
import { mutate } from './mutate.ts';
import { manyMessages, poisonBodies } from './poison.ts';

export interface FuzzBody {
  readonly kind: string;
  readonly body: Buffer;
}

const shares = [
  { kind: 'damaged', share: 0.75 },
  { kind: 'joined', share: 0.1 },
  { kind: 'many', share: 0.1 },
  { kind: 'poison', share: 0.05 },
] as const;

/** Bodies about the numbers of a business, the same for the same random numbers. */
export function createBodies(corpus: readonly CorpusEntry[], phoneNumberId: string, random: Random) {
  const choose = (): CorpusEntry => {
    const chosen = corpus[below(corpus.length, random)];
    if (chosen === undefined) throw new Error('the corpus is empty');
    return chosen;
  };
  /** The numbers of the corpus become the number of the business, so that the bodies reach their handlers. */
  const damaged = (): Buffer =>
    Buffer.from(
      mutate(choose(), choose(), random)
        .toString('latin1')
        .replaceAll(/("phone_number_id":")\d+"/g, `$1${phoneNumberId}"`),
      'latin1',
    );
  let made = 0;

  return (): FuzzBody => {
    made += 1;
    const salt = `${phoneNumberId}.${made}`;
    const { kind } = pickByShare(shares, random);
    switch (kind) {
      case 'damaged':
        return { kind, body: damaged() };
      case 'joined': {
        const parts = Array.from({ length: 1 + below(2_000, random) }, () =>
          choose().wire.toString('latin1'),
        );
        return { kind, body: Buffer.from(`{"entry":[${parts.join(',')}]}`, 'latin1') };
      }
      case 'many':
        // Mostly a few hundred, now and then as many as there may be.
        return {
          kind,
          body: Buffer.from(manyMessages(phoneNumberId, 1 + Math.floor(10_000 * random() ** 6), salt)),
        };
      case 'poison': {
        const poisons = poisonBodies(phoneNumberId, salt);
        const { body } = poisons[below(poisons.length, random)] ?? { body: '' };
        const bytes = Buffer.from(body);
        return { kind, body: random() < 0.5 ? bytes : bytes.subarray(0, below(bytes.length, random)) };
      }
    }
  };
}
