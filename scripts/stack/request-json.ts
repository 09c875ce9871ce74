interface JsonRequest {
  /** With a body POST, otherwise GET, unless given. */
  readonly method?: string;
  readonly body?: unknown;
  readonly accessToken?: string;
  readonly idempotencyKey?: string;
}

interface JsonAnswer {
  readonly status: number;
  readonly body: unknown;
}

const timeoutMs = 15_000;

/** One call to the product's API; throws only if there is no answer. */
export async function requestJson(url: string, request: JsonRequest): Promise<JsonAnswer> {
  const { body, accessToken, idempotencyKey, method = body === undefined ? 'GET' : 'POST' } = request;
  const response = await fetch(url, {
    method,
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` }),
      ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(timeoutMs),
  });
  const text = await response.text();
  try {
    return { status: response.status, body: JSON.parse(text) };
  } catch {
    return { status: response.status, body: text };
  }
}
