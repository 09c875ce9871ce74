import type { ClientScope } from '../../platform/mongo.ts';
import type { RejectedError, UsageHeaders } from '../../whatsapp/gateway.ts';
import type { SendRates } from '../send-rates.ts';

/** The provider's own code for what we refuse in its place: the account's call limit is reached. */
const accountLimitCode = 80007;

interface Outcome {
  readonly kind: string;
  readonly error?: RejectedError;
  readonly usage?: UsageHeaders;
}

/** What the provider would answer, said in its place. */
interface LimitReached {
  readonly kind: 'refused';
  readonly error: RejectedError;
  readonly retryAfterMs: number;
}

export type ManagementLimiter = ReturnType<typeof createManagementLimiter>;

/**
 * Calls within the provider's limit for management: each answer teaches how much of it is used, and no call is made
 * while too little is left. All processes share what one has learnt.
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
