import { setTimeout as sleep } from 'node:timers/promises';

const pauseMs = 150;
/** Longer than any outage that a run makes; what has no answer by then never gets one. */
const giveUpAfterMs = 180_000;

/** Answers that do not stand: the request did not arrive in time (408), there are too many (429), or the server failed. */
const isTemporary = (status: number): boolean => status === 408 || status === 429 || status >= 500;

/** As a good client does: repeats a request until an answer stands. */
export async function requestUntilAnswered<Answer extends { readonly status: number }>(
  what: string,
  request: () => Promise<Answer>,
): Promise<{ readonly answer: Answer; readonly repeats: number }> {
  const deadline = performance.now() + giveUpAfterMs;
  for (let repeats = 0; ; repeats += 1) {
    const answer = await request().catch(() => null);
    if (answer !== null && !isTemporary(answer.status)) return { answer, repeats };
    if (performance.now() > deadline)
      throw new Error(`${what} has no answer that stands: ${JSON.stringify(answer)}`);
    await sleep(pauseMs);
  }
}
