import type { AuditService } from '../audit/service.ts';
import type { ChannelService } from '../channels/service.ts';
import type { GateOpenings } from '../openings/openings.ts';
import type { Clock } from '../platform/clock.ts';
import type { Config } from './config.ts';
import type { Logger } from '../platform/logger.ts';
import type { MongoConnection } from '../platform/mongo.ts';
import { createManagementLimiter } from '../rates/management/limiter.ts';
import type { SendRates } from '../rates/service.ts';
import { createTemplateEvents } from '../templates/sync/events.ts';
import { limitTemplateGateway } from '../templates/provider/limited-gateway.ts';
import { createTemplateRepository } from '../templates/store/repository.ts';
import { createTemplateSyncRepository } from '../templates/store/syncs.ts';
import { createTemplateService } from '../templates/service.ts';
import { createTemplateSync } from '../templates/sync/sync.ts';
import { createTemplateSyncLoop } from '../templates/sync/loop.ts';
import { createTemplateApi } from '../whatsapp/template-api.ts';

export interface TemplateParts {
  readonly mongo: MongoConnection;
  readonly channels: ChannelService;
  readonly audit: AuditService;
  readonly openings: GateOpenings;
  readonly rates: SendRates;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Templates are managed now and then, and a list has many pages. */
const gatewayLimits = { connections: 4, timeoutMs: 10_000 } as const;

/** Templates with the provider behind them; the API manages them, the worker keeps them as the provider has them. */
export function buildTemplates({ provider }: Pick<Config, 'provider'>, parts: TemplateParts) {
  const { mongo, channels, audit, openings, rates, clock, logger } = parts;
  const timeoutMs = Math.min(provider.timeoutMs, gatewayLimits.timeoutMs);
  const gateway = limitTemplateGateway(
    createTemplateApi({ ...provider, ...gatewayLimits, timeoutMs }),
    createManagementLimiter(rates),
  );
  const templates = createTemplateRepository(mongo);
  const syncs = createTemplateSyncRepository(mongo);
  const service = createTemplateService({ templates, syncs, audit, openings, clock });
  const sync = createTemplateSync({ templates, service, channels, gateway, audit, clock });
  return {
    templates,
    service,
    gateway,
    sync,
    events: createTemplateEvents({ templates, service }),
    syncLoop: createTemplateSyncLoop({ syncs, sync, channels, clock, logger }),
    close: () => gateway.close(),
  };
}
