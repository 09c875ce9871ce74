import type { AuditEventDoc } from '../../audit/service.ts';
import type { OperatorAccessDoc } from './accesses.ts';
import type { OperatorAccessDetailView, OperatorAccessView } from './schemas.ts';

export const toOperatorAccessView = (access: OperatorAccessDoc): OperatorAccessView => ({
  id: access._id.toHexString(),
  operator: { id: access.operatorId.toHexString(), name: access.operatorName },
  reason: access.reason,
  createdAt: access.createdAt.toISOString(),
  expiresAt: access.expiresAt.toISOString(),
  endedAt: access.endedAt?.toISOString() ?? null,
});

export const toOperatorAccessDetailView = (
  access: OperatorAccessDoc,
  requests: readonly AuditEventDoc[],
): OperatorAccessDetailView => ({
  ...toOperatorAccessView(access),
  requests: requests.map(({ at, after = {} }) => {
    const { method, route, ...ids } = after;
    return {
      at: at.toISOString(),
      method: String(method),
      route: String(route),
      ids: Object.fromEntries(Object.entries(ids).map(([name, id]) => [name, String(id)])),
    };
  }),
});
