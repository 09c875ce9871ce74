import type { AuditService } from '../audit/service.ts';
import type { ClientDirectory } from '../identity/clients/directory.ts';
import type { GateOpenings } from '../openings/openings.ts';
import type { ContactDirectory } from '../people/contacts/directory.ts';
import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { Measured } from '../platform/metrics.ts';
import type { MongoConnection } from '../platform/mongo.ts';
import { createAddressStopRepository, type AddressStopRepository } from './address-stops/repository.ts';
import type { consentInstruments } from './instruments.ts';
import { observeStops } from './observers.ts';
import { createSendingPolicyUseCases } from './sending-policy/use-cases.ts';
import { createSendingPolicyRepository } from './sending-policy/repository.ts';
import { sendingPolicyRoutes } from './sending-policy/routes.ts';
import { createSendingPolicyReader } from './sending-policy/reader.ts';
import { createConsentHistory } from './statements/history.ts';
import { createInheritedStopHandlers } from './statements/inherited.ts';
import { createConsentListener, createKeywordReader } from './statements/inbound.ts';
import { createPreferences } from './statements/preferences.ts';
import { consentRoutes } from './statements/routes.ts';
import { createConsentStatements, type ConsentDeps } from './statements/statements.ts';

interface ConsentBuildDeps {
  readonly mongo: MongoConnection;
  readonly metrics: Measured<typeof consentInstruments>;
  readonly clients: ClientDirectory;
  readonly contacts: ContactDirectory;
  readonly addressStops: AddressStopRepository;
  readonly messages: ConsentDeps['messages'];
  readonly awaitCalls: ConsentDeps['awaitCalls'];
  readonly workflows: ConsentDeps['workflows'];
  /** Called with the number of waiting messages that a stop canceled. */
  readonly onCanceled: (canceledCount: number) => void;
  readonly audit: AuditService;
  readonly openings: GateOpenings;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Opt-outs that outlast a contact's identities. Built before contacts, which write them. */
export const buildAddressStops = (mongo: MongoConnection): AddressStopRepository =>
  createAddressStopRepository(mongo);

/** Consent of contacts and sending policies of clients, for both processes. */
export function buildConsent(deps: ConsentBuildDeps) {
  const { mongo, clients, contacts, messages, awaitCalls, workflows, audit, openings, clock, logger } = deps;
  const policyRepository = createSendingPolicyRepository(mongo);
  const policies = createSendingPolicyReader({ policies: policyRepository, clients, clock });
  const readKeyword = createKeywordReader(policies);
  const countStop = observeStops(deps.metrics);
  const statementDeps = {
    contacts,
    messages,
    addressStops: deps.addressStops,
    awaitCalls,
    workflows,
    audit,
    onStopped(source: string, canceledCount: number) {
      countStop(source, canceledCount);
      deps.onCanceled(canceledCount);
    },
    clock,
    logger,
  };
  const consent = createConsentStatements(statementDeps);
  return {
    consent,
    timerHandlers: createInheritedStopHandlers(statementDeps, (canceledCount) => {
      countStop(null, canceledCount);
      deps.onCanceled(canceledCount);
    }),
    policies,
    preferences: createPreferences({ contacts, consent }),
    readKeyword,
    onInbound: createConsentListener({ consent, readKeyword }),

    /** The routes for signed-in users. */
    routes() {
      const useCases = createSendingPolicyUseCases({
        policies: policyRepository,
        clients,
        audit,
        openings,
        awaitCalls,
      });
      const history = createConsentHistory({ contacts, audit });
      return [...consentRoutes({ history }), ...sendingPolicyRoutes({ useCases })];
    },
  };
}
