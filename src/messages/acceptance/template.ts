import type { Types } from 'mongoose';
import type { ChannelDoc, ChannelService } from '../../channels/service.ts';
import type { ContactService } from '../../contacts/service.ts';
import type { ConversationService } from '../../conversations/service.ts';
import type { GateFactsReader } from '../../gates/facts.ts';
import type { LeadService } from '../../leads/service.ts';
import { AppError } from '../../platform/errors.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import { fillTemplate, offerEndIssues, type FilledTemplate } from '../../templates/rules.ts';
import type { TemplateDoc, TemplateService } from '../../templates/service.ts';
import { draftOutbound, earliestOf, timeIssues, type SendTimes } from './draft.ts';
import { findRecipient, invalidRecipient, type Recipient } from './recipient.ts';
import type { MessageDoc } from '../store/repository.ts';
import { earlierOf, priorityOf } from '../rules.ts';
import type { SendTemplateBody } from '../schemas.ts';

export interface TemplateSendDeps {
  readonly channels: ChannelService;
  readonly templates: TemplateService;
  readonly contacts: ContactService;
  readonly leads: LeadService;
  readonly conversations: ConversationService;
  readonly facts: GateFactsReader;
}

export interface TemplateSend {
  readonly body: SendTemplateBody;
  /** The user who sends it. */
  readonly by: Types.ObjectId;
  readonly now: Date;
}

/** A request whose every check has passed; only now is anything written. */
interface CheckedSend {
  readonly recipient: Recipient & { readonly phoneNumber: string };
  readonly channel: ChannelDoc;
  readonly template: TemplateDoc;
  readonly filled: FilledTemplate;
}

/** Checks a template send, then finds or makes contact and conversation and writes the message down. */
export async function draftTemplateMessage(
  scope: ClientScope,
  { body, by, now }: TemplateSend,
  deps: TemplateSendDeps,
): Promise<MessageDoc> {
  const { recipient, channel, template, filled } = await checkSend(scope, body, { deps, now });
  const { phoneNumber } = recipient;
  const contact = recipient.contact ?? (await deps.contacts.findOrCreate(scope, { phoneNumber }));
  const fields = {
    messageType: 'template',
    to: phoneNumber,
    content: {
      text: filled.text,
      template: {
        name: template.name,
        language: { code: template.language },
        ...(filled.components.length === 0 ? {} : { components: filled.components }),
      },
    },
    templateName: template.name,
    category: template.category,
    priority: priorityOf(template.category),
  };
  const times = timesOf(body);
  return draftOutbound(scope, { contact, channelId: channel._id, by, times, now, fields }, deps);
}

async function checkSend(
  scope: ClientScope,
  body: SendTemplateBody,
  { deps, now }: { deps: TemplateSendDeps; now: Date },
): Promise<CheckedSend> {
  const { variables = {} } = body;
  const issues = [...timeIssues(body, now), ...offerEndIssues(variables, earliestOf(body, now))];
  const recipient = withPhone(await findRecipient(scope, body, deps));
  const channel = await deps.channels.requireForSend(scope, body.channelId ?? recipient.channelId);
  const template = await deps.templates.requireSendable(scope, {
    channelId: channel._id,
    name: body.templateName,
    language: body.language,
  });
  const result = fillTemplate(template.components, variables);
  if (!result.ok) issues.push(...result.issues);
  if (issues.length > 0 || !result.ok) {
    throw new AppError('invalid-input', 'The message does not fit its template.', { errors: issues });
  }
  return { recipient, channel, template, filled: result.filled };
}

/** An offer that is over is not worth sending: its end is the message's, unless that comes first. */
function timesOf({ sendAt, expiresAt, variables }: SendTemplateBody): SendTimes {
  return { sendAt, expiresAt: earlierOf(expiresAt, variables?.offerExpiresAt) };
}

function withPhone(recipient: Recipient): CheckedSend['recipient'] {
  const { phoneNumber } = recipient;
  if (phoneNumber !== undefined) return { ...recipient, phoneNumber };
  throw invalidRecipient('contactId', 'This contact has no phone number, which a template needs.');
}
