import { createTraceId } from './identifiers.ts';

interface GraphErrorKind {
  readonly status: number;
  readonly title: string;
  readonly subcode?: number;
}

const KINDS: Readonly<Record<number, GraphErrorKind>> = {
  100: { status: 400, title: 'Invalid parameter' },
  104: { status: 401, title: 'An access token is required to request this resource.' },
  190: { status: 401, title: 'Error validating access token: Session has expired.', subcode: 463 },
  130429: { status: 429, title: 'Rate limit hit' },
  131000: { status: 500, title: 'Something went wrong' },
  131008: { status: 400, title: 'Required parameter is missing' },
  131009: { status: 400, title: 'Parameter value is not valid' },
  131026: { status: 400, title: 'Message undeliverable' },
  131049: { status: 400, title: 'Meta chose not to deliver' },
  131059: { status: 400, title: 'Invalid paging cursor' },
  132001: { status: 404, title: 'Template name does not exist in the translation' },
  132015: { status: 400, title: 'Template is paused' },
};

const DETAILS: Readonly<Record<number, string>> = {
  130429: 'Message failed to send because there were too many messages sent from this phone number.',
  131000: 'Message failed to send due to an unknown error.',
  131026: 'Message Undeliverable.',
  131049: 'This message was not delivered to maintain healthy ecosystem engagement.',
  132001: 'The template does not exist in the given language or has not been approved.',
  132015: 'The template is paused due to low quality and cannot be sent.',
};

const kindOf = (code: number): GraphErrorKind => KINDS[code] ?? { status: 400, title: 'Error' };

/** What the caller is told instead of a message id. `code` is null when a scripted body has no Graph error. */
export interface Refusal {
  readonly status: number;
  readonly code: number | null;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

export interface RefusalChanges {
  readonly details?: string;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer in the shape of Meta's Graph errors, with the HTTP status that Meta's table gives for the code. */
export function refuse(code: number, changes: RefusalChanges = {}): Refusal {
  const { status, title, subcode } = kindOf(code);
  const details = changes.details ?? DETAILS[code] ?? title;
  return {
    status: changes.status ?? status,
    code,
    headers: changes.headers ?? {},
    body: {
      error: {
        message: `(#${code}) ${title}`,
        type: 'OAuthException',
        code,
        ...(subcode === undefined ? {} : { error_subcode: subcode }),
        error_data: { messaging_product: 'whatsapp', details },
        fbtrace_id: createTraceId(),
      },
    },
  };
}

/** The same errors as they stand in the `errors` of a status webhook. */
export const webhookError = (code: number): Readonly<Record<string, unknown>> => ({
  code,
  title: kindOf(code).title,
  message: kindOf(code).title,
  error_data: { details: DETAILS[code] ?? kindOf(code).title },
  href: 'https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/',
});
