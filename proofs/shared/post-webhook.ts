import { requestUntilAnswered } from './request-until-answered.ts';
import { signatureOf } from './signature.ts';

const timeoutMs = 15_000;

/** Posts a signed webhook as Meta does: again until it is answered with 200. Throws if it is refused. */
export async function postWebhook(
  body: string,
  { urls, appSecret }: { readonly urls: readonly string[]; readonly appSecret: string },
): Promise<{ readonly repeats: number }> {
  const headers = { 'content-type': 'application/json', 'x-hub-signature-256': signatureOf(body, appSecret) };
  let attempt = 0;
  const { answer, repeats } = await requestUntilAnswered('a webhook', async () => {
    const url = urls[attempt % urls.length] ?? '';
    attempt += 1;
    const signal = AbortSignal.timeout(timeoutMs);
    const response = await fetch(url, { method: 'POST', headers, body, signal });
    await response.arrayBuffer();
    return { status: response.status };
  });
  if (answer.status !== 200) throw new Error(`a webhook was refused: ${answer.status}`);
  return { repeats };
}
