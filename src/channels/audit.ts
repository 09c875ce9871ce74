import type { AuditedWrite } from '../audit/service.ts';
import type { ChannelDoc } from './store/repository.ts';

/** Credentials are among the fields; the audit writes down only that they changed. */
export function auditOf(action: string, before: ChannelDoc | null, after: ChannelDoc | null): AuditedWrite {
  const id = (after ?? before)?._id;
  if (id === undefined) throw new Error('A write is about something.');
  return { action, target: { type: 'channel', id }, before: fieldsOf(before), after: fieldsOf(after) };
}

function fieldsOf(channel: ChannelDoc | null): Readonly<Record<string, unknown>> | null {
  if (channel === null) return null;
  const { _id, clientId: _clientId, createdAt: _createdAt, ...fields } = channel;
  return fields;
}
