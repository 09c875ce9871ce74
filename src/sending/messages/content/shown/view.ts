import type { Types } from 'mongoose';
import type { FileOfMessage } from '../../../../inbox/media/states-of-messages.ts';
import type { FreeFormPayload } from '../../../../whatsapp/free-form.ts';
import type { TemplatePayload } from '../../../../whatsapp/payload.ts';
import { readContent, type ShownInbound } from '../../../../whatsapp/inbound-content.ts';
import type { CallContent, EventContent, TemplateFilling } from '../../store/model.ts';
import {
  fileTypeOf,
  isFilePayload,
  receivedFile,
  sentCard,
  sentFile,
  shownCard,
  shownLocation,
} from './file-view.ts';
import {
  shownCall,
  shownEvent,
  shownFacts,
  shownOrder,
  shownPermission,
  shownReply,
  shownSystem,
} from './inbound-view.ts';
import { shownInteractive } from './interactive-view.ts';
import type { OwnContent, ShownContent } from './schemas.ts';
import { shownTemplate } from './template-view.ts';

/** The stored content of a message, in either direction. */
export interface StoredContent extends ShownInbound {
  readonly template?: TemplatePayload;
  readonly filling?: TemplateFilling;
  readonly payload?: FreeFormPayload;
  readonly fileId?: string;
  readonly raw?: Readonly<Record<string, unknown>>;
  readonly call?: CallContent;
  readonly event?: EventContent;
}

/** What decides, beside the content, how it is shown. */
interface Holder {
  readonly messageType: string;
  /** The message that a reaction is about. */
  readonly repliesTo?: Types.ObjectId;
}

/** The content for display, in the words in which one sends it. `file` is our copy of its file. */
export function shownContent(
  { raw, ...stored }: StoredContent,
  holder: Holder,
  file?: FileOfMessage,
): ShownContent {
  const content: Content = { ...readOf(raw), ...stored };
  return { ...ownOf(content, holder, file), ...shownFacts(content) };
}

type Content = Omit<StoredContent, 'raw'>;

/** The content of a message that an earlier version stored as the provider's object. */
const readOf = (raw: StoredContent['raw']): ShownInbound =>
  raw === undefined ? {} : readContent(String(raw['type']), raw);

function ownOf(content: Content, holder: Holder, file: FileOfMessage | undefined): OwnContent {
  const { template, filling, payload, fileId, call, event } = content;
  if (payload !== undefined) return sentOf(payload, holder, { fileId, file });
  if (template !== undefined) return shownTemplate(template, filling, content.text);
  if (call !== undefined) return shownCall(call);
  if (event !== undefined) return shownEvent(event);
  return receivedOf(content, holder, file);
}

/** A free-form message of ours. */
function sentOf(
  payload: FreeFormPayload,
  holder: Holder,
  files: { readonly fileId: string | undefined; readonly file: FileOfMessage | undefined },
): OwnContent {
  if (isFilePayload(payload)) return { type: payload.type, ...sentFile(payload, files) };
  switch (payload.type) {
    case 'text':
      return { type: 'text', body: payload.text.body, hasLinkPreview: payload.text.preview_url ?? null };
    case 'location':
      return shownLocation(payload.location);
    case 'contacts':
      return { type: 'contacts', contacts: payload.contacts.map(sentCard) };
    case 'reaction':
      return reactionOf(payload.reaction.emoji === '' ? null : payload.reaction.emoji, holder);
    case 'interactive':
      return shownInteractive(payload.interactive);
  }
}

const reactionOf = (emoji: string | null, { repliesTo }: Holder): OwnContent => ({
  type: 'reaction',
  messageId: repliesTo?.toHexString() ?? null,
  emoji,
});

/** What a contact wrote, the business wrote on its phone, or WhatsApp told. */
function receivedOf(told: ShownInbound, holder: Holder, file: FileOfMessage | undefined): OwnContent {
  const { text, reply, location, contacts, reaction, order, system, callPermission, unsupportedType } = told;
  if (reply !== undefined) return shownReply(reply);
  if (callPermission !== undefined) return shownPermission(callPermission);
  if (order !== undefined) return shownOrder(order);
  if (system !== undefined) return shownSystem(system);
  if (location !== undefined) return shownLocation(location);
  if (contacts !== undefined) return { type: 'contacts', contacts: contacts.map(shownCard) };
  if (reaction !== undefined) return reactionOf(reaction.emoji ?? null, holder);
  if (Object.values(told).every((part) => part === undefined)) return { type: 'empty' };
  const fileType = fileTypeOf(holder.messageType, told.media);
  if (fileType !== null) return { type: fileType, ...receivedFile(told.media, file) };
  if (holder.messageType === 'text' && text !== undefined)
    return { type: 'text', body: text, hasLinkPreview: null };
  return { type: 'unsupported', unsupportedType: unsupportedType ?? null };
}
