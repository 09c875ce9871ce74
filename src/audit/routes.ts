import type { z } from 'zod';
import { route } from '../http/route.ts';
import { scopeOf } from '../platform/mongo.ts';
import type { ChainVerifier } from './chain/verify.ts';
import type { AuditFilter, AuditListing } from './listing.ts';
import {
  AuditEventPage,
  AuditVerificationView,
  ListAuditEventsQuery,
  VerifyAuditEventsQuery,
} from './schemas.ts';
import { toAuditEventView } from './view.ts';

interface AuditRouteDeps {
  readonly list: AuditListing;
  readonly verifier: Pick<ChainVerifier, 'verify'>;
}

const tag = 'Audit';
const access = ['admin'] as const;

function filterOf(query: z.output<typeof ListAuditEventsQuery>): AuditFilter {
  const { actorId, action, resourceId, since, until } = query;
  return {
    ...(actorId === undefined ? {} : { actorId }),
    ...(action === undefined ? {} : { action }),
    ...(resourceId === undefined ? {} : { resourceId }),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
  };
}

export const auditRoutes = ({ list, verifier }: AuditRouteDeps) => [
  route({
    method: 'get',
    path: '/api/audit-events',
    operationId: 'listAuditEvents',
    summary: 'List audit events',
    description: 'Who changed what and when, newest first. Filters are combined.',
    tag,
    access,
    query: ListAuditEventsQuery,
    replies: { 200: AuditEventPage },
    problems: ['search-too-broad'],
    async handle({ actor, query }) {
      const { limit, cursor } = query;
      const page = await list(scopeOf(actor.clientId), filterOf(query), { limit, cursor });
      return { status: 200, body: { ...page, items: page.items.map(toAuditEventView) } };
    },
  }),
  route({
    method: 'get',
    path: '/api/audit-events/verify',
    operationId: 'verifyAuditEvents',
    summary: 'Verify the chain of audit events',
    description:
      'Compares events with the hashes that link each to the one before it, and with the signed ends of the ' +
      'chain, so that a change or removal is found. One request compares at most 2,000 events: repeat it with ' +
      '`nextAfter` until that is null.',
    tag,
    access,
    query: VerifyAuditEventsQuery,
    replies: { 200: AuditVerificationView },
    async handle({ actor, query }) {
      return { status: 200, body: await verifier.verify(scopeOf(actor.clientId), query.after) };
    },
  }),
];
