import { sleep } from '../../platform/clock.ts';
import type { NumberGateway, ProviderNumber } from '../../whatsapp/gateway.ts';
import type { NumberAnswers } from './rules.ts';

export type NumberQuestions = Pick<NumberGateway, 'describeNumber' | 'describeAccount' | 'findInAccount'>;

/** Asks the provider about a number and, if it knows the number, about its account. */
export async function fetchNumberAnswers(
  gateway: NumberQuestions,
  asked: ProviderNumber,
): Promise<NumberAnswers> {
  const number = await gateway.describeNumber(asked);
  if (number.kind !== 'described') return { number, account: null, membership: null };
  const [account, membership] = await Promise.all([
    gateway.describeAccount(asked),
    gateway.findInAccount(asked),
  ]);
  return { number, account, membership };
}

/** A user waits for the answer. */
const maxWaitMs = 5_000;

/** The same for a request: a provider that does not answer in time counts as away. */
export async function fetchNumberAnswersSoon(
  gateway: NumberQuestions,
  asked: ProviderNumber,
): Promise<NumberAnswers> {
  const isAnswered = new AbortController();
  const tooLate = async (): Promise<NumberAnswers> => {
    await sleep(maxWaitMs, isAnswered.signal);
    return {
      number: { kind: 'away', reason: `no answer in ${maxWaitMs} ms` },
      account: null,
      membership: null,
    };
  };
  try {
    return await Promise.race([fetchNumberAnswers(gateway, asked), tooLate()]);
  } finally {
    isAnswered.abort();
  }
}
