import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootDir } from '../../../scripts/paths.ts';

/**
 * The corpus: bodies that WhatsApp may send, invented here. A file of `tests/fixtures/corpus` declares full cases; each
 * becomes one payload with all fields, one without each optional part, and one without all of them.
 */
export interface CorpusFile {
  readonly about: string;
  readonly cases: readonly CorpusCase[];
}

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = Readonly<Record<string, Json>>;

/** What is posted: `message` is short for the value of one message from `{{person}}`, or `value` gives it whole. */
interface CorpusEvent {
  /** The field of the change; `messages` by default. */
  readonly field?: string;
  readonly value?: JsonObject;
  readonly message?: JsonObject;
  /** Merged into the contact of `message`; null leaves the contact out. */
  readonly contact?: JsonObject | null;
}

export interface CorpusCase extends CorpusEvent {
  readonly name: string;
  /** Several events in order, each a body of its own; instead of the fields of one event. */
  readonly events?: readonly CorpusEvent[];
  /** Paths that may be missing, from the case: `message.context.from`. */
  readonly optional?: readonly string[];
  /** False if nobody wrote anything to the business: no lead, no window, nothing unread. True by default. */
  readonly isWritten?: boolean;
  /** True if the event must become a dead letter. */
  readonly isGarbage?: boolean;
}

/** One variant of a case. Its bodies hold placeholders such as `{{person}}`. */
export interface Payload {
  readonly name: string;
  /** Nothing is missing. */
  readonly isFull: boolean;
  readonly events: readonly CorpusEvent[];
  readonly isWritten: boolean;
  readonly isGarbage: boolean;
}

const folder = join(rootDir, 'tests', 'fixtures', 'corpus');

/** All payloads of all files, or of the files whose name begins so. */
export function loadCorpus(prefix = ''): Payload[] {
  return readdirSync(folder)
    .filter((file) => file.startsWith(prefix) && file.endsWith('.json'))
    .toSorted()
    .flatMap((file) => {
      const { cases } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as CorpusFile;
      return cases.flatMap((declared) => variantsOf(file.replace('.json', ''), declared));
    });
}

function variantsOf(file: string, declared: CorpusCase): Payload[] {
  const { optional = [] } = declared;
  const without = (paths: readonly string[], name: string): Payload => {
    const variant = structuredClone(declared);
    for (const path of paths) removeAt(variant, path.split('.'));
    const { isWritten = true, isGarbage = false, events = [variant] } = variant;
    const isFull = paths.length === 0;
    return { name: `${file}: ${declared.name}${name}`, isFull, events, isWritten, isGarbage };
  };
  return [
    without([], ''),
    ...optional.map((path) => without([path], ` without ${path}`)),
    ...(optional.length > 1 ? [without(optional, ' without all that is optional')] : []),
  ];
}

/** Parts that an earlier removal took away are ignored; a path that never existed is a mistake of the fixture. */
function removeAt(holder: unknown, [key = '', ...rest]: string[]): void {
  if (typeof holder !== 'object' || holder === null) return;
  const fields = holder as Record<string, unknown>;
  if (rest.length > 0) removeAt(fields[key], rest);
  else Reflect.deleteProperty(fields, key);
}

export interface Placeholders {
  readonly phoneNumberId: string;
  readonly wabaId: string;
  /** Distinguishes the payload from all others. */
  readonly index: number;
  /** Distinguishes the run, because ids of messages are unique in a client. */
  readonly run: string;
  /** Epoch seconds. */
  readonly now: number;
}

/** The bodies of a payload as they are posted. */
export const bodiesOf = ({ events }: Payload, placeholders: Placeholders): string[] =>
  events.map((event) => fillIn(JSON.stringify(bodyOf(event)), placeholders));

const personOf = (index: number): string => `4915199${String(index).padStart(6, '0')}`;

function bodyOf({ field = 'messages', value, message, contact }: CorpusEvent) {
  const sender = { profile: { name: 'Person {{index}}' }, wa_id: '{{person}}' };
  const given = value ?? {
    ...(contact === null ? {} : { contacts: [{ ...sender, ...contact }] }),
    messages: [{ from: '{{person}}', id: '{{id}}', timestamp: '{{time}}', ...message }],
  };
  const metadata = { display_phone_number: '15550001000', phone_number_id: '{{number}}' };
  return {
    object: 'whatsapp_business_account',
    entry: [
      {
        id: '{{account}}',
        changes: [{ value: { messaging_product: 'whatsapp', metadata, ...given }, field }],
      },
    ],
  };
}

/**
 * `{{person}}` and `{{person:x}}` are numbers, `{{user}}` a user id, `{{id}}` and `{{id:x}}` ids of messages, `{{time}}`
 * and `{{time+60}}` seconds, `{{number}}` and `{{account}}` the channel, `{{long:5000}}` a long text.
 */
function fillIn(text: string, { phoneNumberId, wabaId, index, run, now }: Placeholders): string {
  return text.replace(/\{\{(\w+)(?:([:+-])(\w+))?\}\}/g, (whole, name: string, sign = '', rest = '') => {
    const number = Number(`${sign === '-' ? '-' : ''}${rest}`);
    switch (name) {
      case 'person':
        return rest === '' ? personOf(index) : personOf(500_000 + index);
      case 'user':
        return `DE.${run}${index}${rest}`;
      case 'id':
        return `wamid.${run}.${index}${rest === '' ? '' : `.${rest}`}`;
      case 'time':
        return String(now + index + (rest === '' ? 0 : number));
      case 'index':
        return String(index);
      case 'number':
        return phoneNumberId;
      case 'account':
        return wabaId;
      case 'long':
        return 'long text '.repeat(number / 10);
      default:
        throw new Error(`The corpus has an unknown placeholder: ${whole}`);
    }
  });
}
