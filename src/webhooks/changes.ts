import type { ChannelPauses } from '../channels/pauses.ts';
import type { ChannelDoc } from '../channels/directory.ts';
import type { Preferences } from '../consent/statements/preferences.ts';
import type { TemplateEvents } from '../templates/sync/events.ts';
import type { AccountChange } from '../whatsapp/account-changes.ts';
import type { ItemOutcome } from './rules.ts';

export interface ChangeDeps {
  readonly preferences: Preferences;
  readonly templateEvents: TemplateEvents;
  readonly pauses: Pick<ChannelPauses, 'applyAccountItem'>;
}

/** Brings one change to those who know what it means, for the channels that it is about and no others. */
export type ChangeHandler = (item: AccountChange, channels: readonly ChannelDoc[]) => Promise<ItemOutcome>;

const done: ItemOutcome = { kind: 'done' };
const nobody: ItemOutcome = {
  kind: 'invalid',
  reason: 'the person is neither a phone number nor a user id',
};

export const createChangeHandler =
  ({ preferences, templateEvents, pauses }: ChangeDeps): ChangeHandler =>
  async (item, channels) => {
    switch (item.kind) {
      case 'preference':
        return (await preferences.handle(item, channels)) === 'done' ? done : nobody;
      case 'template':
        await templateEvents.apply(item, channels);
        return done;
      case 'account':
        await pauses.applyAccountItem(item, channels);
        return done;
    }
  };
