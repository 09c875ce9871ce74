import assert from 'node:assert/strict';
import type { Types } from 'mongoose';
import type { ChannelDoc, ChannelDirectory } from '../../../channels/directory.ts';
import type { ContactDirectory, ContactDoc } from '../../../people/contacts/directory.ts';
import type { FileSends } from '../../../inbox/media/sends.ts';
import type { ConversationThreads } from '../../../inbox/conversations/threads.ts';
import type { GateFactsReader } from '../../gates/facts.ts';
import type { LeadDirectory } from '../../../people/leads/directory.ts';
import type { ClientScope } from '../../../platform/mongo.ts';
import { fillTemplate, offerEndIssues, type FilledTemplate } from '../../../templates/rules.ts';
import type { TemplateDoc, TemplateCatalogue } from '../../../templates/catalogue.ts';
import { draftOutbound, earliestOf, timeIssues, type DraftInput, type SendTimes } from './draft.ts';
import { assertNoIssues, findOrCollect } from './issues.ts';
import { addressOf, assertReachable, findRecipient, type Recipient } from './recipient.ts';
import type { MessageDoc, MessageRepository } from '../store/repository.ts';
import { earlierOf, priorityOf } from '../rules.ts';
import type { SendTemplateBody } from '../schemas.ts';
import { findTarget, placeIssues, replyFields } from './target.ts';
import { templateContent } from '../template-content.ts';

export interface TemplateSendDeps {
  readonly channels: ChannelDirectory;
  readonly templates: TemplateCatalogue;
  readonly contacts: ContactDirectory;
  readonly leads: LeadDirectory;
  readonly conversations: ConversationThreads;
  readonly facts: GateFactsReader;
  readonly messages: MessageRepository;
  readonly files: Pick<FileSends, 'findForSend'>;
}

export interface TemplateSend {
  readonly body: SendTemplateBody;
  /** The user who sends it. */
  readonly by: Types.ObjectId;
  readonly now: Date;
}

/** A request that has passed all checks. */
interface CheckedTemplateSend {
  readonly recipient: Recipient;
  /** The recipient's contact; null for an unknown number. */
  readonly known: ContactDoc | null;
  readonly address: ReturnType<typeof addressOf>;
  readonly channel: ChannelDoc;
  readonly template: TemplateDoc;
  readonly filled: FilledTemplate;
  readonly target: MessageDoc | null;
}

/** Checks a template send, then finds or creates contact and conversation and composes the message. */
export async function draftTemplateMessage(
  scope: ClientScope,
  { body, by, now }: TemplateSend,
  deps: TemplateSendDeps,
): Promise<MessageDoc> {
  const checked = await checkSend(scope, body, { deps, now });
  const { address, channel, template, filled, target } = checked;
  const { contact, keepContact } = await contactFor(scope, checked, deps);
  const fields = {
    messageType: 'template',
    ...address,
    content: templateContent(template, { variables: body.variables ?? {}, filled }),
    templateName: template.name,
    category: template.category,
    priority: priorityOf(template.category),
    ...replyFields(target),
  };
  const times = timesOf(body);
  const draft = { contact, keepContact, channelId: channel._id, by, times, now, fields };
  return draftOutbound(scope, draft, deps);
}

/** The recipient's contact; for an unknown number the one that an accepted message creates. */
async function contactFor(
  scope: ClientScope,
  { recipient, known }: CheckedTemplateSend,
  { contacts }: TemplateSendDeps,
): Promise<Pick<DraftInput, 'contact' | 'keepContact'>> {
  if (known !== null) return { contact: known };
  const { phoneNumber } = recipient;
  assert(phoneNumber !== undefined, 'a recipient without a contact has a number');
  const contact = await contacts.draft(scope, { phoneNumber });
  return { contact, keepContact: () => contacts.findOrCreate(scope, { phoneNumber }) };
}

const knownContact = async (
  scope: ClientScope,
  recipient: Recipient,
  { contacts }: Pick<TemplateSendDeps, 'contacts'>,
): Promise<ContactDoc | null> =>
  recipient.contact ?? (await contacts.findByPhone(scope, recipient.phoneNumber));

async function checkSend(
  scope: ClientScope,
  body: SendTemplateBody,
  { deps, now }: { deps: TemplateSendDeps; now: Date },
): Promise<CheckedTemplateSend> {
  const { variables = {} } = body;
  const issues = [...timeIssues(body, now), ...offerEndIssues(variables, earliestOf(body, now))];
  const recipient = await findOrCollect(issues, () => findRecipient(scope, body, deps));
  const channelId = body.channelId ?? recipient?.channelId;
  const channel = await findOrCollect(issues, () => deps.channels.requireForSend(scope, channelId));
  const template =
    channel && (await findOrCollect(issues, () => requireTemplate(scope, channel, { body, deps })));
  const result = template && fillTemplate(template.components, variables);
  if (result?.ok === false) issues.push(...result.issues);
  const address = recipient && (await findOrCollect(issues, () => addressFor(recipient, template)));
  const target = await findOrCollect(issues, () => findTarget(scope, body.replyTo, deps));
  const known = recipient && (await knownContact(scope, recipient, deps));
  if (target && recipient && channel) {
    const chat = { contactId: known?._id ?? null, channelId: channel._id };
    issues.push(...placeIssues('body.replyTo', target, chat));
  }
  assertNoIssues(issues);
  assert(recipient && address && channel && template && result?.ok, 'what was not found is an issue');
  return { recipient, known, address, channel, template, filled: result.filled, target };
}

/** A message expires with the offer in it, because an expired offer is not worth sending. */
function timesOf({ sendAt, expiresAt, variables }: SendTemplateBody): SendTimes {
  return { sendAt, expiresAt: earlierOf(expiresAt, variables?.offerExpiresAt) };
}

const requireTemplate = (
  scope: ClientScope,
  { _id: channelId }: ChannelDoc,
  { body: { templateName: name, language }, deps }: { body: SendTemplateBody; deps: TemplateSendDeps },
): Promise<TemplateDoc> => deps.templates.requireSendable(scope, { channelId, name, language });

function addressFor(recipient: Recipient, template: TemplateDoc | null): CheckedTemplateSend['address'] {
  if (template !== null) assertReachable(recipient, template);
  return addressOf(recipient);
}
