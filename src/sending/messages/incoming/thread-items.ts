import type { ChannelDoc } from '../../../channels/directory.ts';
import type { PhoneBook } from '../../../people/contacts/phone-book.ts';
import { scopeOf } from '../../../platform/mongo.ts';
import type { CallItem } from '../../../whatsapp/calls.ts';
import type { ContactSyncItem } from '../../../whatsapp/contact-sync.ts';
import type { GroupEventItem } from '../../../whatsapp/group-events.ts';
import type { HistoryItem } from '../../../whatsapp/history.ts';
import type { EchoItem } from '../../../whatsapp/phone-messages.ts';
import type { Calls } from './calls.ts';
import { identityOfPerson } from './entries.ts';
import type { Groups } from './groups.ts';
import type { InboundService } from './inbound.ts';
import type { PhoneMessages } from './phone-messages.ts';

/** What belongs into threads or to contacts, but is no message to the business alone. */
export type ThreadItem = EchoItem | HistoryItem | CallItem | ContactSyncItem | GroupEventItem;

interface ThreadItemDeps {
  readonly phoneMessages: PhoneMessages;
  readonly calls: Calls;
  readonly groups: Groups;
  readonly phoneBook: PhoneBook;
}

export type ThreadItems = ReturnType<typeof createThreadItems>;

export function createThreadItems({ phoneMessages, calls, groups, phoneBook }: ThreadItemDeps) {
  async function receiveOn({ _id, clientId }: ChannelDoc, item: ThreadItem): Promise<boolean> {
    const scope = scopeOf(clientId);
    switch (item.kind) {
      case 'echo': {
        const { groupId } = item;
        if (groupId === null) return phoneMessages.receiveEcho(scope, _id, item);
        await groups.receiveEcho({ scope, channelId: _id, groupId }, item);
        return true;
      }
      case 'history':
        return phoneMessages.receiveHistory(scope, _id, item);
      case 'call':
        return calls.receive(scope, _id, item);
      case 'group-event':
        await groups.noteEvent(scope, _id, item);
        return true;
      case 'contact-sync': {
        const identity = identityOfPerson(item);
        if (identity === null) return false;
        await phoneBook.note(scope, identity, item);
        return true;
      }
    }
  }

  return {
    /** Handles an item for the channels that it concerns. False if its person cannot be identified. */
    async receive(item: ThreadItem, channels: readonly ChannelDoc[]): Promise<boolean> {
      for (const channel of channels) if (!(await receiveOn(channel, item))) return false;
      return true;
    },
  };
}

/** Passes messages in groups to the group's thread, and all others on. */
export const routeGroupMessages = (
  inbound: InboundService,
  groups: Pick<Groups, 'receive'>,
): InboundService => ({
  receive(scope, channelId, item) {
    const { groupId } = item;
    return groupId === undefined
      ? inbound.receive(scope, channelId, item)
      : groups.receive({ scope, channelId, groupId }, item);
  },
});
