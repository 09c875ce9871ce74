import type { SendRates } from '../../rates/service.ts';
import type { TemplateAccount, TemplateGateway, TemplateOutcome } from '../../whatsapp/template-gateway.ts';

/** The provider's own code for what we refuse in its place: the account's call limit is reached. */
const accountLimitCode = 80007;

/**
 * The gateway, within the provider's limit for management calls: it learns the use of the limit from each answer, and
 * makes no call while too little of it is left. All processes share what one has learnt.
 */
export function limitTemplateGateway(
  gateway: TemplateGateway,
  rates: Pick<SendRates, 'mayCall' | 'learn'>,
): TemplateGateway {
  async function limited<Value>(
    { scope, wabaId }: TemplateAccount,
    call: () => Promise<TemplateOutcome<Value>>,
  ): Promise<TemplateOutcome<Value>> {
    const may = await rates.mayCall(scope, wabaId);
    if (!may.ok) {
      const title = 'The business account’s limit is reached';
      const error = { code: accountLimitCode, title, detail: '' };
      return { kind: 'refused', error, retryAfterMs: may.retryAfterMs };
    }
    const outcome = await call();
    await rates.learn(scope, wabaId, {
      headers: { 'x-business-use-case-usage': outcome.usage },
      ...(outcome.kind === 'refused' ? { errorCode: outcome.error.code } : {}),
    });
    return outcome;
  }

  return {
    list: (account, name) => limited(account, () => gateway.list(account, name)),
    get: (account, id) => limited(account, () => gateway.get(account, id)),
    create: (account, draft) => limited(account, () => gateway.create(account, draft)),
    edit: (account, id, change) => limited(account, () => gateway.edit(account, id, change)),
    unpause: (account, id) => limited(account, () => gateway.unpause(account, id)),
    delete: (account, which) => limited(account, () => gateway.delete(account, which)),
    close: () => gateway.close(),
  };
}
