/** The bodies of Meta's webhooks. Pure. */
import { webhookError } from './graph-errors.ts';
import { deriveDisplayNumber, deriveWabaId } from './identifiers.ts';
import type { StoredReceipt } from './ledger.ts';
import type { Behaviour, NumberIdentity } from './settings.ts';

export interface Receipt extends StoredReceipt {
  /** Position of the call in the ledger, and of the receipt in its plan. */
  readonly sequence: number;
  readonly index: number;
  readonly wamid: string;
  readonly phoneNumberId: string;
  readonly recipient: Readonly<Record<string, string>>;
  readonly opaque: string | null;
  readonly category: string;
}

export type Numbers = Readonly<Record<string, NumberIdentity>>;

export const toSeconds = (unixMs: number): string => String(Math.floor(unixMs / 1000));

export const wabaIdOf = (phoneNumberId: string, numbers: Numbers): string =>
  numbers[phoneNumberId]?.wabaId ?? deriveWabaId(phoneNumberId);

export const displayNumberOf = (phoneNumberId: string, numbers: Numbers): string =>
  numbers[phoneNumberId]?.displayPhoneNumber ?? deriveDisplayNumber(phoneNumberId);

const hasPricing = (status: string): boolean => status === 'sent' || status === 'delivered';

/** The contacts of these receipts; Meta omits them for failures. */
function contactsOf(receipts: readonly Receipt[], isWithFailed: boolean): object {
  const recipients = receipts
    .filter((receipt) => isWithFailed || receipt.status !== 'failed')
    .map((receipt) => receipt.recipient);
  const ids = (name: string): string[] => [
    ...new Set(recipients.flatMap((recipient) => recipient[name] ?? [])),
  ];
  const contacts = [
    ...ids('recipient_id').map((id) => ({ wa_id: id })),
    ...ids('recipient_user_id').map((id) => ({ user_id: id })),
  ];
  return contacts.length === 0 ? {} : { contacts };
}

function statusOf(receipt: Receipt): object {
  const { status, recipient, opaque, category, code, details } = receipt;
  const pricing = { billable: true, pricing_model: 'PMP', type: 'regular', category };
  return {
    id: receipt.wamid,
    status,
    timestamp: toSeconds(receipt.at),
    ...recipient,
    ...(opaque === null ? {} : { biz_opaque_callback_data: opaque }),
    ...(hasPricing(status) ? { pricing } : {}),
    ...(code === undefined ? {} : { errors: [webhookError(code, details)] }),
  };
}

export const envelope = (entries: readonly object[]): object => ({
  object: 'whatsapp_business_account',
  entry: entries,
});

/** The `value` of a `messages` change: the number, then the given content. */
export const messagesValue = (phoneNumberId: string, numbers: Numbers, content: object): object => ({
  messaging_product: 'whatsapp',
  metadata: {
    display_phone_number: displayNumberOf(phoneNumberId, numbers),
    phone_number_id: phoneNumberId,
  },
  ...content,
});

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

/** One POST for these receipts: an entry per account, a change per number. Keeps the order within a number. */
export function receiptsBody(
  receipts: readonly Receipt[],
  numbers: Numbers,
  { contactsOfFailed }: Pick<Behaviour, 'contactsOfFailed'> = { contactsOfFailed: false },
): object {
  const accounts = groupBy(receipts, (receipt) => wabaIdOf(receipt.phoneNumberId, numbers));
  const entries = [...accounts].map(([wabaId, ofAccount]) => ({
    id: wabaId,
    changes: [...groupBy(ofAccount, (receipt) => receipt.phoneNumberId)].map(([phoneNumberId, ofNumber]) => ({
      value: messagesValue(phoneNumberId, numbers, {
        ...contactsOf(ofNumber, contactsOfFailed),
        statuses: ofNumber.map(statusOf),
      }),
      field: 'messages',
    })),
  }));
  return envelope(entries);
}
