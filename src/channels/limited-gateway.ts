import type { ManagementLimiter } from '../rates/management/limiter.ts';
import type { NumberGateway } from '../whatsapp/gateway.ts';

/** Keeps the gateway's calls about numbers within the provider's limit for management calls. */
export const limitNumberGateway = (gateway: NumberGateway, limited: ManagementLimiter): NumberGateway => ({
  describeNumber: (number) => limited(number, () => gateway.describeNumber(number)),
  describeAccount: (number) => limited(number, () => gateway.describeAccount(number)),
  findInAccount: (number) => limited(number, () => gateway.findInAccount(number)),
  checkHealth: (number) => limited(number, () => gateway.checkHealth(number)),
});
