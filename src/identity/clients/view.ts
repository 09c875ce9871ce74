import type { ClientView } from './schemas.ts';
import type { ClientDoc } from './directory.ts';

export const toClientView = (client: ClientDoc): ClientView => ({
  id: client._id.toHexString(),
  companyName: client.companyName,
  whatsappNumber: client.whatsappNumber ?? null,
  businessCategory: client.businessCategory ?? null,
  timezone: client.timezone,
  isActive: client.isActive,
  createdAt: client.createdAt.toISOString(),
});
