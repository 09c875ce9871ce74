import type { Types } from 'mongoose';
import { searchTokens } from '../../platform/search/tokens.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { TimerHandlers } from '../../timers/timers.ts';
import { searchedText } from './searched-text.ts';
import type { MessageRepository } from './store/repository.ts';

/** As in the migration 0048, which arms the timers. */
const kind = 'messages.search-tokens';
const hourMs = 60 * 60 * 1_000;
const sliceSize = 500;
/** What a business gets in two hours; far below the 15 s that a timer has. */
const maxSlices = 40;

/**
 * Gives tokens to what the old version stored after the migrations and before its end. A timer for each client, an hour
 * later, looks at the messages since an hour before them.
 */
export const createTokenCatchUp = (
  messages: Pick<MessageRepository, 'listSince' | 'setTokens'>,
): TimerHandlers => ({
  async [kind]({ scope, dueAt }) {
    await catchUp(messages, scope, new Date(dueAt.getTime() - 2 * hourMs));
  },
});

async function catchUp(
  messages: Pick<MessageRepository, 'listSince' | 'setTokens'>,
  scope: ClientScope,
  since: Date,
): Promise<void> {
  let after: { readonly timestamp: Date; readonly _id: Types.ObjectId } | null = null;
  for (let slice = 0; slice < maxSlices; slice += 1) {
    const found = await messages.listSince(scope, { since, after, limit: sliceSize });
    for (const message of found) {
      const tokens = searchTokens(searchedText(message));
      if (tokens.join(' ') !== (message.searchTokens ?? []).join(' '))
        await messages.setTokens(scope, message, tokens);
    }
    after = found.at(-1) ?? null;
    if (after === null) return;
  }
}
