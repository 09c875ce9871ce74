import type { Types } from 'mongoose';
import type { ClientDirectory } from '../../identity/clients/directory.ts';
import type { UserDirectory } from '../../identity/users/directory.ts';
import type { ContactDirectory } from '../../people/contacts/directory.ts';
import { AppError, notFound } from '../../platform/errors.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { ConversationThreads } from '../conversations/threads.ts';
import { fillReply, type FilledReply } from './filling.ts';
import type { SharingUser } from '../sharing/sharing.ts';
import type { CannedReplyUseCases } from './use-cases.ts';

export interface RenderingDeps {
  readonly replies: Pick<CannedReplyUseCases, 'get'>;
  readonly conversations: Pick<ConversationThreads, 'findById'>;
  readonly contacts: Pick<ContactDirectory, 'findById'>;
  readonly users: Pick<UserDirectory, 'findById'>;
  readonly clients: Pick<ClientDirectory, 'find'>;
}

export interface Rendering {
  readonly id: Types.ObjectId;
  readonly conversationId: Types.ObjectId;
  readonly values: Readonly<Record<string, string>>;
}

export type RenderCannedReply = ReturnType<typeof createRenderCannedReply>;

/** The variables that have a value without being given one. */
export const knownVariables = ['contact_name', 'contact_phone', 'agent_name', 'business_name'] as const;
type KnownValues = Readonly<Record<(typeof knownVariables)[number], string | undefined>>;

/** Fills a reply for a conversation; sends nothing. */
export function createRenderCannedReply({ replies, conversations, contacts, users, clients }: RenderingDeps) {
  async function knownOf(
    scope: ClientScope,
    userId: Types.ObjectId,
    contactId: Types.ObjectId,
  ): Promise<KnownValues> {
    const [contact, agent, client] = await Promise.all([
      contacts.findById(scope, contactId),
      users.findById(scope, userId),
      clients.find(scope),
    ]);
    return {
      contact_name: contact?.name,
      contact_phone: contact?.phoneNumber,
      agent_name: agent?.name,
      business_name: client?.companyName,
    };
  }

  /** Throws `invalid-input` for given values that the text cannot take. */
  return async (
    scope: ClientScope,
    who: SharingUser,
    { id, conversationId, values: given }: Rendering,
  ): Promise<Pick<FilledReply, 'text' | 'needs'>> => {
    const { body } = await replies.get(scope, who, id);
    const conversation = await conversations.findById(scope, conversationId);
    if (conversation === null) throw notFound('conversation');
    const known = await knownOf(scope, who.by.userId, conversation.contactId);
    const { text, needs, issues } = fillReply(body, { known, given });
    if (issues.length > 0)
      throw new AppError('invalid-input', 'The reply cannot take these values.', { errors: issues });
    return { text, needs };
  };
}
