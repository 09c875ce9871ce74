import type { AuditService } from '../audit/service.ts';
import type { AwaitCalls } from '../openings/closings.ts';
import type { GateOpenings } from '../openings/openings.ts';
import type { Cipher } from '../platform/cipher.ts';
import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import { createLoops, once } from '../platform/loop.ts';
import type { MongoConnection } from '../platform/mongo.ts';
import type { ManagementLimiter } from '../rates/management/limiter.ts';
import type { NumberGateway } from '../whatsapp/gateway.ts';
import { limitNumberGateway } from './limited-gateway.ts';
import { createNumberChecks } from './number-checks.ts';
import { channelLoops } from './loops.ts';
import { type ChannelUsage, createChannelUseCases } from './use-cases.ts';
import { createChannelPauses } from './pauses.ts';
import { type ChannelConnecting, channelRoutes } from './routes.ts';
import { createChannelDirectory } from './directory.ts';
import { channelEventRoutes } from './events/routes.ts';
import { createChannelEventRepository } from './events/repository.ts';
import { createChannelEvents } from './events/service.ts';
import { createChannelRepository } from './store/repository.ts';

interface ChannelDeps {
  readonly mongo: MongoConnection;
  readonly audit: AuditService;
  readonly openings: GateOpenings;
  readonly gateway: NumberGateway;
  readonly limiter: ManagementLimiter;
  readonly cipher: Cipher;
  /** Default rate of new channels. */
  readonly sendsPerSecond: number;
  /** Channels that one business may have. */
  readonly maxOfClient: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface ChannelRouteDeps {
  readonly usage: ChannelUsage;
  readonly awaitCalls: AwaitCalls;
  readonly requireMayConnect: ChannelConnecting;
  readonly publicUrl: string;
}

/** The WhatsApp numbers of clients: credentials, state, and what the provider reports about them. */
export function buildChannels(deps: ChannelDeps) {
  const { mongo, audit, openings, cipher, sendsPerSecond, clock, logger } = deps;
  const channels = createChannelRepository(mongo, { maxOfClient: deps.maxOfClient });
  const directory = createChannelDirectory({ channels, cipher, clock, sendsPerSecond });
  const gateway = limitNumberGateway(deps.gateway, deps.limiter);
  const shared = { channels, directory, gateway, audit, openings, clock, logger };
  const pauses = createChannelPauses(shared);
  const numberChecks = createNumberChecks(shared);
  const events = createChannelEvents({ events: createChannelEventRepository(mongo), audit, clock });
  return {
    directory,
    pauses,
    events,
    loops: createLoops(channelLoops, {
      'channel-health': once(() => pauses.checkDue()),
      'number-looks': once(() => numberChecks.checkDue()),
    }),

    routes({ usage, awaitCalls, requireMayConnect, publicUrl }: ChannelRouteDeps) {
      const useCases = createChannelUseCases({
        channels,
        directory,
        gateway,
        usage,
        awaitCalls,
        audit,
        openings,
        cipher,
        clock,
        logger,
        sendsPerSecond,
      });
      return [
        ...channelRoutes({ channels: directory, useCases, events, requireMayConnect, publicUrl }),
        ...channelEventRoutes({ events, useCases }),
      ];
    },
  };
}
