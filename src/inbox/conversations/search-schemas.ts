import { z } from 'zod';
import { isoTime, objectIdText, oneOrMoreOf } from '../../platform/fields.ts';
import { pageQuery } from '../../platform/pagination.ts';
import { searchText } from '../../platform/search/schemas.ts';
import { maxFoundContacts } from './contacts.ts';
import { ConversationStatus } from './schemas.ts';

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

export const ListConversationsQuery = z.strictObject({ ...pageQuery, ...conversationSearchFields });

const ConversationSearch = z.strictObject(conversationSearchFields);

/** A parsed search. Who `me` is and who belongs to the team depends on the caller and the moment. */
export type ConversationSearch = z.output<typeof ConversationSearch>;
