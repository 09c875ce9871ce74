import { readProduct, readReferral } from './inbound/commerce.ts';
import { createFieldReader, defined, type FieldReader, type Fields } from './inbound/fields.ts';
import { kindReaders } from './inbound/kinds.ts';
import { readErrors, readIdentity } from './inbound/notices.ts';
import type { InboundContent, InboundError } from './inbound/types.ts';

export type * from './inbound/types.ts';
export { systemKinds } from './inbound/types.ts';

/**
 * Reads the content of a message: the object under the name of its type, and what can stand beside it. Never throws;
 * parts of an unknown shape stay unread (`FieldReader.leavesMore`).
 */
export function readContent(
  type: string,
  message: Fields,
  read: FieldReader = createFieldReader(),
): InboundContent {
  const kind = kindReaders.get(type)?.(read, message, type) ?? {};
  const context = read.object(message, 'context');
  const errors = readErrors(read, message);
  return {
    ...withText(kind, type, errors),
    ...(context === undefined ? {} : readContext(read, context)),
    // A reaction names its message itself.
    ...defined({ contextId: kind.contextId }),
    ...defined({
      referral: readReferral(read, message),
      senderIdentity: readIdentity(read, message),
      origin: read.text(message, 'origin'),
    }),
    ...(errors.length === 0 ? {} : { errors }),
    ...(read.isCut() ? { isCut: true } : {}),
  };
}

/** Lists show a text for a message that has nothing else to show. */
function withText(content: InboundContent, type: string, errors: readonly InboundError[]): InboundContent {
  if (Object.keys(content).length > 0) return content;
  const title = errors[0]?.title ?? errors[0]?.message;
  return { text: title ?? `Unsupported message: ${type}` };
}

const readContext = (read: FieldReader, context: Fields): InboundContent => ({
  ...defined({
    contextId: read.reference(context, 'id'),
    contextFrom: read.reference(context, 'from'),
    product: readProduct(read, context),
  }),
  ...(read.flag(context, 'forwarded') === true ? { isForwarded: true } : {}),
  ...(read.flag(context, 'frequently_forwarded') === true ? { isFrequentlyForwarded: true } : {}),
});
