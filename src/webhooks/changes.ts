import type { ChannelPauses } from '../channels/pauses.ts';
import type { ChannelDoc } from '../channels/directory.ts';
import type { Preferences } from '../consent/statements/preferences.ts';
import type { ContactDirectory } from '../people/contacts/directory.ts';
import { followPerson } from '../people/contacts/persons/announcements.ts';
import type { TemplateEvents } from '../templates/sync/events.ts';
import type { ThreadItems } from '../sending/messages/incoming/thread-items.ts';
import type { AccountChange } from '../whatsapp/account-changes.ts';
import type { AccountReport } from '../whatsapp/account-reports.ts';
import type { ItemOutcome } from './rules.ts';

export interface ChangeDeps {
  readonly preferences: Preferences;
  readonly contacts: Pick<ContactDirectory, 'follow'>;
  readonly templateEvents: TemplateEvents;
  readonly pauses: Pick<ChannelPauses, 'applyAccountItem'>;
  readonly threadItems: ThreadItems;
}

/** Passes one change, of an event that arrived then, to its handler with the channels that it concerns. Reports have none. */
export type ChangeHandler = (
  item: Exclude<AccountChange, AccountReport>,
  channels: readonly ChannelDoc[],
  receivedAt: Date,
) => Promise<ItemOutcome>;

const done: ItemOutcome = { kind: 'done' };
const invalidContact: ItemOutcome = { kind: 'invalid', reason: 'it names no person' };

export const createChangeHandler =
  ({ preferences, contacts, templateEvents, pauses, threadItems }: ChangeDeps): ChangeHandler =>
  async (item, channels, receivedAt) => {
    switch (item.kind) {
      case 'preference':
        await preferences.handle(item, { channels, receivedAt });
        return done;
      case 'identity':
        await followPerson(contacts, item, channels);
        return done;
      case 'template':
        await templateEvents.apply(item, channels);
        return done;
      case 'account':
        await pauses.applyAccountItem(item, channels);
        return done;
      case 'echo':
      case 'history':
      case 'call':
      case 'contact-sync':
      case 'group-event':
        return (await threadItems.receive(item, channels)) ? done : invalidContact;
    }
  };
