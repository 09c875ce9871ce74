import type { ManagementLimiter } from '../../rates/management/limiter.ts';
import type { TemplateGateway } from '../../whatsapp/template-gateway.ts';

/** A gateway that keeps to the provider's limit for management calls. */
export const limitTemplateGateway = (
  gateway: TemplateGateway,
  limited: ManagementLimiter,
): TemplateGateway => ({
  list: (account, name) => limited(account, () => gateway.list(account, name)),
  get: (account, id) => limited(account, () => gateway.get(account, id)),
  create: (account, draft) => limited(account, () => gateway.create(account, draft)),
  edit: (account, id, change) => limited(account, () => gateway.edit(account, id, change)),
  unpause: (account, id) => limited(account, () => gateway.unpause(account, id)),
  delete: (account, which) => limited(account, () => gateway.delete(account, which)),
  close: () => gateway.close(),
});
