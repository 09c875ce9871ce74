import type { ClientScope } from '../../platform/mongo.ts';
import type { RejectedError, UsageHeaders } from '../../whatsapp/gateway.ts';
import type { SendRates } from '../send-rates.ts';

/** The provider's code for a reached account limit, used when a call is refused locally. */
const accountLimitCode = 80007;

interface Outcome {
  readonly kind: string;
  readonly error?: RejectedError;
  readonly usage?: UsageHeaders;
}

/** The answer that the provider would give, without calling it. */
interface LimitReached {
  readonly kind: 'refused';
  readonly error: RejectedError;
  readonly retryAfterMs: number;
}

export type ManagementLimiter = ReturnType<typeof createManagementLimiter>;

/**
 * Keeps management calls within the provider's limit: every answer reports how much of it is used, and no call is
 * made while too little is left. All processes share the reported usage.
 */
export const createManagementLimiter =
  (rates: Pick<SendRates, 'mayCall' | 'recordAnswer'>) =>
  async <Answer extends Outcome>(
    { scope, wabaId }: { readonly scope: ClientScope; readonly wabaId: string },
    call: () => Promise<Answer>,
  ): Promise<Answer | LimitReached> => {
    const may = await rates.mayCall(scope, wabaId);
    if (!may.ok) {
      const title = 'The business account’s limit is reached';
      const error = { code: accountLimitCode, title, detail: '' };
      return { kind: 'refused', error, retryAfterMs: may.retryAfterMs };
    }
    const outcome = await call();
    await rates.recordAnswer(scope, wabaId, {
      headers: outcome.usage ?? {},
      ...(outcome.error === undefined ? {} : { errorCode: outcome.error.code }),
    });
    return outcome;
  };
