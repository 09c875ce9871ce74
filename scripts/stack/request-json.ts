interface JsonRequest {
  /** With a body POST, otherwise GET, unless given. */
  readonly method?: string;
  readonly body?: unknown;
  readonly accessToken?: string;
  readonly idempotencyKey?: string;
  /** As `cookie` of an earlier answer. */
  readonly cookie?: string;
}

interface JsonAnswer {
  readonly status: number;
  readonly body: unknown;
  /** The name and value of the first cookie that the answer sets; empty if it sets none. */
  readonly cookie: string;
}

const timeoutMs = 15_000;

/** One call to the product's API; throws only if there is no answer. */
export async function requestJson(url: string, request: JsonRequest): Promise<JsonAnswer> {
  const { body, accessToken, idempotencyKey, cookie, method = body === undefined ? 'GET' : 'POST' } = request;
  const response = await fetch(url, {
    method,
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` }),
      ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
      ...(cookie === undefined ? {} : { cookie }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(timeoutMs),
  });
  const text = await response.text();
  const [setCookie = ''] = response.headers.getSetCookie();
  const [given = ''] = setCookie.split(';');
  return { status: response.status, body: parsedOr(text), cookie: given };
}

/** The JSON value of a text, or the text itself. */
function parsedOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
