import { createFieldReader, type FieldReader, type Fields } from './fields.ts';

/** What a person changed in an earlier message of theirs. */
export interface MessageChangeEvent {
  readonly kind: 'edit' | 'revoke';
  /** The provider's id of the message. */
  readonly originalId: string;
  /** The message as edited; undefined for a revocation, or if the provider does not tell it. */
  readonly edited?: Fields;
}

/** A message has at most 4,096 characters, and its earlier versions are stored with it. */
const maxEditLength = 16 * 1_024;

/** Reads the texts of an edit. */
export const createEditReader = (): FieldReader => createFieldReader({ maxTotalLength: maxEditLength });

/** The change that a message of the type `edit` or `revoke` tells; undefined for all others. */
export function readChangeEvent(
  read: FieldReader,
  message: Fields,
  type: string,
): MessageChangeEvent | undefined {
  if (type !== 'edit' && type !== 'revoke') return undefined;
  const given = read.object(message, type);
  const originalId = given === undefined ? undefined : read.reference(given, 'original_message_id');
  if (given === undefined || originalId === undefined) return undefined;
  const edited = type === 'edit' ? read.object(given, 'message') : undefined;
  return { kind: type, originalId, ...(edited === undefined ? {} : { edited }) };
}
