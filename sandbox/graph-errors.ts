import { isTransient, kindOf } from './error-table.ts';
import { createTraceId } from './identifiers.ts';

/** The answer to a refused call. `code` is null if a scripted body has no Graph error. */
export interface Refusal {
  readonly status: number;
  readonly code: number | null;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

export interface RefusalChanges {
  readonly details?: string;
  readonly status?: number;
  readonly subcode?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** The error for users, which Meta adds to problems of a template. */
  readonly forUser?: { readonly title: string; readonly message: string };
}

/** A Graph error with the HTTP status of its code in Meta's table. */
export function refuse(code: number, changes: RefusalChanges = {}): Refusal {
  const { forUser } = changes;
  const { status, title, subcode, details = title } = kindOf(code, changes.subcode);
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
        ...(isTransient(code) ? { is_transient: true } : {}),
        error_data: { messaging_product: 'whatsapp', details: changes.details ?? details },
        ...(forUser === undefined
          ? {}
          : { error_user_title: forUser.title, error_user_msg: forUser.message }),
        fbtrace_id: createTraceId(),
      },
    },
  };
}

/** The same error in the `errors` of a status webhook. */
export function webhookError(code: number, details?: string): Readonly<Record<string, unknown>> {
  const kind = kindOf(code);
  return {
    code,
    title: kind.title,
    message: kind.title,
    error_data: { details: details ?? kind.details ?? kind.title },
    href: 'https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/',
  };
}
