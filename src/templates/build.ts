import type { AuditService } from '../audit/service.ts';
import type { ChannelDirectory } from '../channels/directory.ts';
import type { GateOpenings } from '../openings/openings.ts';
import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import { createLoops } from '../platform/loop.ts';
import type { MongoConnection } from '../platform/mongo.ts';
import type { ManagementLimiter } from '../rates/management/limiter.ts';
import type { ProviderConfig } from '../whatsapp/config.ts';
import { createTemplateApi } from '../whatsapp/template-api.ts';
import { templateLoops } from './loops.ts';
import { createTemplateUseCases, type TemplateUseCaseDeps } from './use-cases.ts';
import { limitTemplateGateway } from './provider/limited-gateway.ts';
import { templateRoutes } from './routes.ts';
import { createTemplateCatalogue } from './catalogue.ts';
import { createTemplateRepository } from './store/repository.ts';
import { createTemplateSyncRepository } from './store/syncs.ts';
import { createTemplateEvents } from './sync/events.ts';
import { createTemplateSyncLoop } from './sync/loop.ts';
import { createTemplateSync } from './sync/sync.ts';

interface TemplateDeps {
  readonly provider: ProviderConfig;
  readonly mongo: MongoConnection;
  readonly channels: ChannelDirectory;
  readonly audit: AuditService;
  readonly openings: GateOpenings;
  readonly limiter: ManagementLimiter;
  readonly clock: Clock;
  readonly logger: Logger;
}

const connections = 4;
const maxTimeoutMs = 10_000;

/** Templates with their provider: the API manages them, the worker keeps them in sync. */
export function buildTemplates(deps: TemplateDeps) {
  const { provider, mongo, channels, audit, openings, limiter, clock, logger } = deps;
  const { apiUrl, apiVersion } = provider;
  const timeoutMs = Math.min(provider.timeoutMs, maxTimeoutMs);
  const gateway = limitTemplateGateway(
    createTemplateApi({ apiUrl, apiVersion, connections, timeoutMs }),
    limiter,
  );
  const templates = createTemplateRepository(mongo);
  const syncs = createTemplateSyncRepository(mongo);
  const catalogue = createTemplateCatalogue({ templates, syncs, audit, openings, clock });
  const sync = createTemplateSync({ templates, catalogue, channels, gateway, audit, clock });
  const { step } = createTemplateSyncLoop({ syncs, sync, channels, clock, logger });
  return {
    catalogue,
    sync,
    events: createTemplateEvents({ templates, catalogue }),
    loops: createLoops(templateLoops, { 'template-sync': step }),

    routes({ countUnsent, awaitCalls }: Pick<TemplateUseCaseDeps, 'countUnsent' | 'awaitCalls'>) {
      const useCases = createTemplateUseCases({
        catalogue,
        sync,
        gateway,
        channels,
        countUnsent,
        awaitCalls,
        clock,
      });
      return templateRoutes({ templates: catalogue, useCases });
    },

    close: () => gateway.close(),
  };
}
