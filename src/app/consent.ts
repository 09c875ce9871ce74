import { createClientRepository } from '../identity/clients/repository.ts';
import { createClientService } from '../identity/clients/service.ts';
import { createConsentHistory } from '../consent/statements/history.ts';
import { createConsentListener } from '../consent/statements/inbound.ts';
import { createPreferenceService } from '../consent/statements/preferences.ts';
import { consentRoutes } from '../consent/statements/routes.ts';
import { createConsentService, type ConsentDeps } from '../consent/statements/service.ts';
import type { AuditService } from '../audit/service.ts';
import type { ChannelService } from '../channels/service.ts';
import type { GateOpenings } from '../openings/openings.ts';
import type { ContactService } from '../people/contacts/service.ts';
import type { MongoConnection } from '../platform/mongo.ts';
import { createSendingPolicyManagement } from '../consent/sending-policy/management.ts';
import { createSendingPolicyRepository } from '../consent/sending-policy/repository.ts';
import { sendingPolicyRoutes } from '../consent/sending-policy/routes.ts';
import { createSendingPolicyService } from '../consent/sending-policy/service.ts';

interface ConsentParts extends Omit<ConsentDeps, 'contacts' | 'audit'> {
  readonly mongo: MongoConnection;
  readonly contacts: ContactService;
  readonly channels: ChannelService;
  readonly audit: AuditService;
  readonly openings: GateOpenings;
}

/** What contacts have said about being written to and what clients have decided about it, for both processes. */
export function buildConsent(parts: ConsentParts) {
  const { mongo, contacts, audit, clock } = parts;
  const clients = createClientService({ clients: createClientRepository(mongo) });
  const policyRepository = createSendingPolicyRepository(mongo);
  const policies = createSendingPolicyService({ policies: policyRepository, clients, clock });
  const consent = createConsentService(parts);
  return {
    consent,
    policies,
    preferences: createPreferenceService({ ...parts, consent }),
    onInbound: createConsentListener({ consent, policies }),

    /** The routes of people at work. */
    consentRoutes() {
      const management = createSendingPolicyManagement({
        policies: policyRepository,
        clients,
        audit,
        openings: parts.openings,
      });
      const history = createConsentHistory({ contacts, audit });
      return [...consentRoutes({ history }), ...sendingPolicyRoutes({ management })];
    },
  };
}
