import type { ReadFacts } from '../gates/facts.ts';
import type { Waiting } from '../gates/rules.ts';
import type { Sender } from '../../whatsapp/gateway.ts';
import type { DispatchDeps } from './steps.ts';

/**
 * The credentials for the call. Marketing goes to its own endpoint if Meta requires that for the channel. Null if the
 * token cannot be decrypted.
 */
export function openSender(
  { channels, logger }: DispatchDeps,
  { channel, facts: { template } }: ReadFacts,
): Sender | null {
  const isMarketing = template?.category === 'marketing' && channel.usesMarketingEndpoint === true;
  try {
    return { ...channels.senderOf(channel), endpoint: isMarketing ? 'marketing' : 'messages' };
  } catch (error) {
    const channelId = channel._id.toHexString();
    logger.error(
      { channelId, error },
      'access token not decrypted: check CREDENTIALS_KEY, or set a new token',
    );
    return null;
  }
}

const noTokenPauseMs = 300_000;

export const noToken = ({ clock }: DispatchDeps): Waiting => ({
  gate: 'channel',
  reason:
    'the access token of the channel cannot be opened: see CREDENTIALS_KEY, or give the channel a new one',
  until: new Date(clock.now().getTime() + noTokenPauseMs),
});
