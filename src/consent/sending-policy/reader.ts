import type { ClientDirectory } from '../../identity/clients/directory.ts';
import { wordsOf, type ConsentWords } from '../words/rules.ts';
import { createCache } from '../../platform/cache.ts';
import type { Clock } from '../../platform/clock.ts';
import { notFound } from '../../platform/errors.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { SendingPolicyRepository } from './repository.ts';
import type { HoldableKind, QuietHours } from './rules.ts';

/** The policy of a client, as a send needs it. */
export interface SendingPolicy {
  readonly timezone: string;
  readonly quietHours: QuietHours | null;
  /** The messages that quiet hours hold. */
  readonly appliesTo: HoldableKind;
}

export interface SendingPolicyDeps {
  readonly policies: SendingPolicyRepository;
  readonly clients: Pick<ClientDirectory, 'find'>;
  readonly clock: Clock;
}

export type SendingPolicyReader = ReturnType<typeof createSendingPolicyReader>;

/** Every process follows a changed policy or time zone within this time. */
const cacheTtlMs = 2_000;

/** Cached sending policies, for sends and for inbound messages. */
export function createSendingPolicyReader({ policies, clients, clock }: SendingPolicyDeps) {
  const cache = createCache<SendingPolicy & { readonly words: ConsentWords }>({
    ttlMs: cacheTtlMs,
    maxEntries: 5_000,
    clock,
  });

  const read = (scope: ClientScope) =>
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
    /** At most two seconds old; with `isFresh` read from the database, which gives the cache what it finds. */
    async sendingPolicyOf(
      scope: ClientScope,
      { isFresh = false }: { readonly isFresh?: boolean } = {},
    ): Promise<SendingPolicy> {
      if (isFresh) cache.forget(scope.clientId.toHexString());
      const { timezone, quietHours, appliesTo } = await read(scope);
      return { timezone, quietHours, appliesTo };
    },

    /** The stop and start words of the client, at most two seconds old. */
    consentWordsOf: async (scope: ClientScope): Promise<ConsentWords> => (await read(scope)).words,
  };
}
