import type { AuditEventDoc } from './model.ts';
import type { AuditEventView } from './schemas.ts';

export const toAuditEventView = (event: AuditEventDoc): AuditEventView => ({
  id: event._id.toHexString(),
  createdAt: event.at.toISOString(),
  actor: {
    type: event.actor.type,
    userId: 'userId' in event.actor ? event.actor.userId.toHexString() : null,
  },
  action: event.action,
  resource: { type: event.target.type, id: event.target.id.toHexString() },
  before: valuesOf(event.before),
  after: valuesOf(event.after),
  erasedAt: event.erasedAt?.toISOString() ?? null,
  seal: sealOf(event),
});

/** The stored values as JSON: ids and times become text. */
const valuesOf = (values: AuditEventDoc['before']): AuditEventView['before'] =>
  values === undefined ? null : (JSON.parse(JSON.stringify(values)) as AuditEventView['before']);

const sealOf = ({ seq, seal }: AuditEventDoc): AuditEventView['seal'] =>
  seq === undefined || seal === undefined
    ? null
    : { seq, hash: seal.hash, previousHash: seal.previousHash, sealedAt: seal.at.toISOString() };
