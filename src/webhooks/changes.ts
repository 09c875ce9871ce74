import type { Types } from 'mongoose';
import type { ChannelPauses } from '../channels/pauses.ts';
import type { PreferenceService } from '../consent/preferences.ts';
import type { TemplateEvents } from '../templates/sync/events.ts';
import type { AccountChange } from '../whatsapp/account-changes.ts';
import type { ItemOutcome } from './rules.ts';

export interface ChangeDeps {
  readonly preferences: PreferenceService;
  readonly templateEvents: TemplateEvents;
  readonly pauses: Pick<ChannelPauses, 'applyAccountItem'>;
}

/** Brings one change to those who know what it means; `ownChannelId` is set for what came in on a channel's own address. */
export type ChangeHandler = (
  item: AccountChange,
  ownChannelId: Types.ObjectId | undefined,
) => Promise<ItemOutcome>;

const outcomes: Readonly<Record<'done' | 'unmatched' | 'invalid', ItemOutcome>> = {
  done: { kind: 'done' },
  unmatched: { kind: 'unmatched', reason: 'no channel has this phone number id or account' },
  invalid: { kind: 'invalid', reason: 'the person is neither a phone number nor a user id' },
};

export const createChangeHandler =
  ({ preferences, templateEvents, pauses }: ChangeDeps): ChangeHandler =>
  async (item, ownChannelId) => {
    switch (item.kind) {
      case 'preference':
        return outcomes[await preferences.handle(item, ownChannelId)];
      case 'template':
        return outcomes[await templateEvents.apply(item, ownChannelId)];
      case 'account':
        return outcomes[await pauses.applyAccountItem(item)];
    }
  };
