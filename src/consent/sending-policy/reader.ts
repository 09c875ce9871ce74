import type { ClientDirectory } from '../../identity/clients/directory.ts';
import { wordsOf, type ConsentWords } from '../words/rules.ts';
import { createCache } from '../../platform/cache.ts';
import type { Clock } from '../../platform/clock.ts';
import { notFound } from '../../platform/errors.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { SendingPolicyRepository } from './repository.ts';
import type { HoldableKind, QuietHours } from './rules.ts';

/** What a send must know of its client. */
export interface SendingPolicy {
  readonly timezone: string;
  readonly quietHours: QuietHours | null;
  /** What the quiet hours hold back. */
  readonly appliesTo: HoldableKind;
}

export interface SendingPolicyDeps {
  readonly policies: SendingPolicyRepository;
  readonly clients: Pick<ClientDirectory, 'find'>;
  readonly clock: Clock;
}

export type SendingPolicyReader = ReturnType<typeof createSendingPolicyReader>;

/** A policy or a time zone that is changed is obeyed by every process after this time at the latest. */
const cacheTtlMs = 2_000;

/** What clients have decided about sending, for those who send and listen. */
export function createSendingPolicyReader({ policies, clients, clock }: SendingPolicyDeps) {
  const cache = createCache<SendingPolicy & { readonly words: ConsentWords }>({
    ttlMs: cacheTtlMs,
    maxEntries: 5_000,
    clock,
  });

  const known = (scope: ClientScope) =>
    cache.get(scope.clientId.toHexString(), async () => {
      const [client, policy] = await Promise.all([clients.find(scope), policies.find(scope)]);
      if (client === null) throw notFound('client');
      return {
        timezone: client.timezone,
        quietHours: policy?.quietHours ?? null,
        appliesTo: policy?.appliesTo ?? 'all',
        words: wordsOf(policy ?? {}),
      };
    });

  return {
    /** As it was at most two seconds ago. */
    async sendingPolicyOf(scope: ClientScope): Promise<SendingPolicy> {
      const { timezone, quietHours, appliesTo } = await known(scope);
      return { timezone, quietHours, appliesTo };
    },

    /** The words by which the client's contacts say stop and start, as they were at most two seconds ago. */
    consentWordsOf: async (scope: ClientScope): Promise<ConsentWords> => (await known(scope)).words,
  };
}
