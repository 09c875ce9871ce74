import type { Client } from '@temporalio/client';
import type { AuditService } from '../audit/service.ts';
import type { ClientDirectory } from '../identity/clients/directory.ts';
import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { Measured } from '../platform/metrics.ts';
import { createShares } from '../platform/shares.ts';
import type { Spool } from '../storage/spool.ts';
import type { FileStorage } from '../storage/storage.ts';
import type { TimerHandlers, Timers } from '../timers/timers.ts';
import type { ContactDirectory } from './contacts/directory.ts';
import type { ContactPorts, ContactUseCases } from './contacts/use-cases.ts';
import type { CustomFieldRepository } from './custom-fields/repository.ts';
import type { peopleInstruments } from './instruments.ts';
import { createAnalysis } from './imports/analysis/analyse.ts';
import type { NewTagDeps } from './imports/analysis/new-tags.ts';
import { createApply } from './imports/applying/apply.ts';
import { createSettling } from './imports/applying/settle.ts';
import { createUndo } from './imports/applying/undo.ts';
import { createAttention } from './imports/attention.ts';
import { createImportChanges, importTimer } from './imports/changes.ts';
import { createImportFiles } from './imports/files.ts';
import { observeImports } from './imports/observers.ts';
import { createPlanner, type PlannerDeps } from './imports/plan/planner.ts';
import { createImportReports } from './imports/report.ts';
import type { ImportRepository } from './imports/repository.ts';
import { importRoutes } from './imports/routes.ts';
import type { ImportRowRepository } from './imports/stored-rows/repository.ts';
import { createImportSteps } from './imports/steps.ts';
import { createImportUploads, type UploadDeps } from './imports/uploads.ts';
import { createImportUseCases, wake } from './imports/use-cases.ts';
import { createImportWorkflows } from './imports/workflows.ts';

interface ImportDeps {
  readonly metrics: Measured<typeof peopleInstruments>;
  readonly temporal: Client;
  /** The queue on which the worker runs all workflows. */
  readonly workflowQueue: string;
  readonly storage: FileStorage;
  readonly spool: Spool;
  readonly timers: Pick<Timers, 'arm'>;
  readonly clients: Pick<ClientDirectory, 'find'>;
  readonly people: {
    readonly contacts: ContactDirectory;
    readonly fields: CustomFieldRepository;
    readonly readTagNames: PlannerDeps['readTagNames'];
    readonly findTagKeys: NewTagDeps['findTagKeys'];
    readonly imports: ImportRepository;
    readonly importRows: ImportRowRepository;
    contactUseCases(ports: ContactPorts): ContactUseCases;
  };
  /** What follows an opt-out and a block. */
  readonly consent: {
    readonly finishOptOut: ContactPorts['onOptOut'];
    readonly finishBlock: ContactPorts['onBlocked'];
  };
  readonly erasePerson: ContactPorts['erasePerson'];
  readonly eraseFiles: ContactPorts['eraseFiles'];
  readonly addressStops: PlannerDeps['addressStops'];
  readonly audit: AuditService;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Uploads of one business at the same time, in one process. */
const maxUploadsPerClient = 2;
const maxReportsPerClient = 1;

/** Files of contacts, and what becomes of them. */
export function buildImports(deps: ImportDeps) {
  const { audit, clock, timers, spool, clients, people, consent, erasePerson, eraseFiles } = deps;
  const contacts = people.contactUseCases({
    ...{ onOptOut: consent.finishOptOut, onBlocked: consent.finishBlock, erasePerson, eraseFiles },
  });
  const { imports, importRows: rows, fields } = people;
  const files = createImportFiles(deps.storage);
  const workflows = createImportWorkflows(deps.temporal, deps.workflowQueue);
  const observer = observeImports(deps.metrics);
  const changes = createImportChanges({ imports, timers, audit, observer, clock });
  const plan = createPlanner({
    contacts: people.contacts,
    readTagNames: people.readTagNames,
    addressStops: deps.addressStops,
  });
  const { runInTransaction } = audit;
  const { findTagKeys } = people;
  const reading = { ...{ imports, rows, changes, clock, fields, clients, plan, findTagKeys } };
  const logger = deps.logger.child({ part: 'imports' });
  return {
    /** Also for the routes of contacts: there is one set of rules. */
    contactUseCases: contacts,

    steps: createImportSteps({
      imports,
      work: {
        analyse: createAnalysis({ ...reading, files, spool }),
        apply: createApply({ ...reading, contacts, observer, runInTransaction }),
        settle: createSettling({ rows, changes, clock }),
        undo: createUndo({ rows, contacts, changes, runInTransaction }),
      },
    }),

    timerHandlers: {
      [importTimer]: createAttention({ imports, rows, files, changes, workflows, timers, clock }),
    } satisfies TimerHandlers,

    routes: ({ takeBytes }: { readonly takeBytes: UploadDeps['takeBytes'] }) =>
      importRoutes({
        imports: createImportUseCases({ imports, rows, changes, workflows, clock, logger }),
        uploads: createImportUploads({
          ...{ imports, files, spool, changes, clock, takeBytes },
          shares: createShares(maxUploadsPerClient),
        }),
        report: createImportReports({ changes, rows, spool, shares: createShares(maxReportsPerClient) }),
        wake: (doc) => wake({ workflows, logger }, doc),
      }),
  };
}
