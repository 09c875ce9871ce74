import { z } from 'zod';
import { isoTime, objectIdText, oneOrMoreOf } from '../../platform/fields.ts';
import { pageQuery } from '../../platform/pagination.ts';
import { searchText } from '../../platform/search/schemas.ts';
import { maxFoundContacts } from './contacts.ts';
import { ConversationStatus } from './schemas.ts';
import { conversationSorts } from './sorting.ts';

const onlyTrue = z.literal('true', { error: 'Must be true if given.' }).optional();

/** What conversations are searched by: in the query of their list, and in the filter of a saved view. */
export const conversationSearchFields = {
  status: oneOrMoreOf(ConversationStatus).optional().meta({
    description: 'Only conversations with these, separated by commas',
  }),
  channelId: objectIdText.optional().meta({ description: 'Only conversations on this channel' }),
  since: isoTime.optional().meta({
    description: 'Only conversations whose latest message is not older',
  }),
  assignedAgentId: z
    .union([z.enum(['none', 'me']), objectIdText], { error: 'Must be the id of a user, me or none.' })
    .optional()
    .meta({ description: 'The id of a user, `me` for your own, or `none` for unassigned conversations' }),
  teamId: objectIdText
    .optional()
    .meta({ description: 'Only conversations that are assigned to a member of this team' }),
  leadId: objectIdText.optional().meta({ description: 'Only conversations of this lead' }),
  contactId: objectIdText.optional().meta({ description: 'Only conversations of this contact' }),
  unread: onlyTrue.meta({ description: '`true` lists only conversations with unread messages' }),
  waiting: onlyTrue.meta({
    description: '`true` lists only conversations in which the contact waits for an answer (`waitingSince`)',
  }),
  breached: onlyTrue.meta({
    description:
      '`true` lists only conversations that missed a deadline since they began, or were last reopened',
  }),
  snoozed: onlyTrue.meta({ description: '`true` lists only snoozed conversations' }),
  labelId: objectIdText.optional().meta({ description: 'Only conversations that have this label' }),
  q: searchText(
    'Only conversations of contacts whom `q` finds in the list of contacts: by words of the name, digits of the number, or ' +
      `a username after \`@\`. If it finds more than ${maxFoundContacts} contacts, the answer is \`search-too-broad\`.`,
  ),
};

export const ListConversationsQuery = z.strictObject({
  ...pageQuery,
  sort: z
    .enum(conversationSorts)
    .default('recent')
    .meta({
      description:
        '`recent`: latest message first. `unread`: those with unread messages before the others, latest message first in ' +
        'both. `waiting`: only those in which the contact waits for an answer, the longest wait first',
    }),
  updatedSince: isoTime.optional().meta({
    description:
      'Only conversations that were changed at that time or later, by a message, a read mark, a status, an assignment, a ' +
      'label or a snooze. Changes by an earlier version of the product are not known. Times are those of the servers, and a ' +
      'change can be seen some seconds after its time: ask from a minute before your last request. For every change without ' +
      'a gap, listen to the live events (`GET /api/events`)',
  }),
  ...conversationSearchFields,
});

const ConversationSearch = z.strictObject(conversationSearchFields);

/** A parsed search. Who `me` is and who belongs to the team depends on the caller and the moment. */
export type ConversationSearch = z.output<typeof ConversationSearch>;
