import { limitNumberGateway } from '../channels/limited-gateway.ts';
import { createChannelLooks } from '../channels/looks.ts';
import { createChannelPauses } from '../channels/pauses.ts';
import { createChannelRepository } from '../channels/store/repository.ts';
import { createErrorEffects } from '../sending/dispatch/effects.ts';
import { createGateFacts } from '../sending/gates/facts.ts';
import { createGateRelease } from '../sending/dispatch/release.ts';
import { createGateOpeningRepository } from '../openings/repository.ts';
import { createAcceptance } from '../sending/messages/acceptance/accept.ts';
import { createRetries } from '../sending/messages/actions/retries.ts';
import { createManagementLimiter } from '../rates/management/limiter.ts';
import { clockText, nextAllowedInstant } from '../consent/sending-policy/quiet-hours.ts';
import type { NumberGateway } from '../whatsapp/gateway.ts';
import type { Core } from './core.ts';

export type Sending = ReturnType<typeof buildSending>;

/** What decides whether, when and how fast messages leave; the API needs it at acceptance, the worker at the call. */
export function buildSending(core: Core, gateway: NumberGateway) {
  const { mongo, clock, logger, channels, templates, messages, workflows, audit } = core;
  const facts = createGateFacts({
    ...core,
    templateState: templates.stateForSend,
    async quietAt(scope, now) {
      const { timezone, quietHours, appliesTo } = await core.policies.sendingPolicyOf(scope);
      const until = nextAllowedInstant(quietHours, timezone, now);
      return until === null ? null : { until, untilText: clockText(until, timezone, now), appliesTo };
    },
  });
  const acceptance = createAcceptance({ messages, workflows, logger });
  const retries = createRetries({ messages, acceptance, facts, channels, templates, audit, clock });
  const numberParts = {
    channels: createChannelRepository(mongo),
    service: channels,
    gateway: limitNumberGateway(gateway, createManagementLimiter(core.rates)),
    audit,
    openings: core.openings,
    clock,
  };
  const pauses = createChannelPauses(numberParts);
  const looks = createChannelLooks(numberParts);
  const effects = createErrorEffects({
    ...core,
    channels: { ...pauses, findById: channels.findById },
    followUps: retries,
  });
  const release = createGateRelease({ ...core, openings: createGateOpeningRepository(mongo) });
  return { facts, acceptance, retries, pauses, looks, effects, release };
}
