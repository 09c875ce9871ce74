import { digitsOf, normalisePhone } from '../../platform/phone.ts';
import type { ChannelDoc } from '../store/model.ts';

/** The number id of a channel that the product makes in the sandbox. */
export const sandboxNumberId = (channelId: ChannelDoc['_id']): string => `sandbox-${channelId.toHexString()}`;

/**
 * The number that the provider reports, if it is another than the one that a user entered; null if they agree or nothing
 * is reported. Spellings of one number agree. The product itself invents the numbers of its sandbox channels.
 */
export function contradictedNumber({
  _id,
  phoneNumberId,
  displayNumber,
  verification,
}: Pick<ChannelDoc, '_id' | 'phoneNumberId' | 'displayNumber' | 'verification'>): string | null {
  const reported = verification?.displayNumber ?? '';
  if (digitsOf(reported) === '' || phoneNumberId === sandboxNumberId(_id)) return null;
  return keyOf(reported) === keyOf(displayNumber) ? null : reported;
}

/** Test numbers of the provider need not be possible numbers, so those are compared by their digits. */
function keyOf(number: string): string {
  const international = `+${digitsOf(number)}`;
  return normalisePhone(international) ?? international;
}
