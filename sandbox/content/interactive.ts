/** Interactive messages: buttons, lists, links, flows and the rest. Pure. */
import { isRecord, textOrNull, scalarText, type JsonRecord } from '../json.ts';
import {
  checkList,
  checkObject,
  checkOneOf,
  checkText,
  checkUnique,
  missing,
  optionalText,
  wrong,
  type Check,
  type CheckResult,
} from './checks.ts';
import { checkAddress } from './addresses.ts';
import { checkMediaSource } from './media.ts';
import { checkProduct, checkProductList, checkThumbnail } from './products.ts';
import { namesNumbersOnly } from './web-sites.ts';

const PATH = 'interactive';
const ACTION = `${PATH}.action`;
const MAX_SHORT = 60;
const MAX_BODY = 1024;
const MAX_LIST_BODY = 4096;
const MAX_ROWS = 10;
const HEADER_TYPES = ['text', 'image', 'video', 'document'];

function checkHeader(header: unknown, types: readonly string[]): CheckResult {
  if (header === undefined) return null;
  const path = `${PATH}.header`;
  return checkObject(header, path, (given) => {
    const typeProblem = checkOneOf(given['type'], `${path}.type`, types);
    if (typeProblem !== null) return typeProblem;
    const type = scalarText(given['type']);
    return type === 'text'
      ? checkText(given['text'], `${path}.text`, MAX_SHORT)
      : checkObject(given[type], `${path}.${type}`, (media) => checkMediaSource(media, `${path}.${type}`));
  });
}

function checkFooter(footer: unknown): CheckResult {
  if (footer === undefined) return null;
  return checkObject(footer, `${PATH}.footer`, (given) =>
    checkText(given['text'], `${PATH}.footer.text`, MAX_SHORT),
  );
}

const bodyText = ({ body }: JsonRecord): unknown => (isRecord(body) ? body['text'] : undefined);

function checkButtons(action: JsonRecord): CheckResult {
  const seen = new Set<unknown>();
  const { buttons } = action;
  if (Array.isArray(buttons) && buttons.length > 3)
    return wrong(`${ACTION}.buttons`, 'at most 3 buttons are allowed');
  return checkList(buttons, `${ACTION}.buttons`, [1, 3], (button, path) => {
    const { reply } = button;
    if (!isRecord(reply)) return missing(`${path}.reply`);
    return (
      checkOneOf(button['type'] ?? 'reply', `${path}.type`, ['reply']) ??
      checkText(reply['id'], `${path}.reply.id`, 256) ??
      checkUnique(reply['id'], `${path}.reply.id`, seen) ??
      checkText(reply['title'], `${path}.reply.title`, 20)
    );
  });
}

function checkSections(action: JsonRecord): CheckResult {
  const { sections } = action;
  const seen = new Set<unknown>();
  const hasSeveral = Array.isArray(sections) && sections.length > 1;
  const checkRow = (row: JsonRecord, path: string): CheckResult =>
    checkText(row['id'], `${path}.id`, 200) ??
    checkUnique(row['id'], `${path}.id`, seen) ??
    checkText(row['title'], `${path}.title`, 24) ??
    optionalText(row['description'], `${path}.description`, 72);
  const rowCount = (Array.isArray(sections) ? sections : []).flatMap((section: unknown) =>
    isRecord(section) && Array.isArray(section['rows']) ? section['rows'] : [],
  ).length;
  if (rowCount > MAX_ROWS) return wrong(`${ACTION}.sections`, `at most ${MAX_ROWS} rows are allowed in all`);
  return checkList(
    sections,
    `${ACTION}.sections`,
    [1, MAX_ROWS],
    (section, path) =>
      checkText(section['title'], `${path}.title`, 24, hasSeveral) ??
      checkList(section['rows'], `${path}.rows`, [1, MAX_ROWS], checkRow),
  );
}

const checkName = (action: JsonRecord, name: string): CheckResult =>
  checkOneOf(action['name'], `${ACTION}.name`, [name]);

const withParameters =
  (name: string, check: (parameters: JsonRecord, path: string) => CheckResult): Check =>
  (action) =>
    checkName(action, name) ??
    checkObject(action['parameters'], `${ACTION}.parameters`, (parameters) =>
      check(parameters, `${ACTION}.parameters`),
    );

const checkLink = withParameters('cta_url', (parameters, path) => {
  const found =
    checkText(parameters['display_text'], `${path}.display_text`, 20) ??
    checkText(parameters['url'], `${path}.url`, 2000);
  if (found !== null) return found;
  const url = scalarText(parameters['url']);
  if (!/^https?:\/\/\S+$/i.test(url)) return wrong(`${path}.url`, 'it must be a URL');
  return namesNumbersOnly(url) ? wrong(`${path}.url`, 'IP addresses are not allowed') : null;
});

const checkFlow = withParameters('flow', (parameters, path) => {
  const { flow_id: id, flow_name: name, flow_action: action, flow_action_payload: payload } = parameters;
  if ((id === undefined) === (name === undefined)) {
    return id === undefined
      ? missing(`${path}.flow_id`)
      : wrong(path, 'give either flow_id or flow_name, not both');
  }
  const found =
    checkOneOf(parameters['flow_message_version'], `${path}.flow_message_version`, ['3']) ??
    checkText(parameters['flow_cta'], `${path}.flow_cta`, 30) ??
    optionalText(parameters['flow_token'], `${path}.flow_token`, 2000) ??
    checkOneOf(parameters['mode'] ?? 'published', `${path}.mode`, ['draft', 'published']) ??
    checkOneOf(action ?? 'navigate', `${path}.flow_action`, ['navigate', 'data_exchange']);
  if (found !== null || payload === undefined) return found;
  return checkObject(payload, `${path}.flow_action_payload`, (given) =>
    checkText(given['screen'], `${path}.flow_action_payload.screen`, 256),
  );
});

const checkCatalog: Check = (action) => checkName(action, 'catalog_message') ?? checkThumbnail(action);

/** A card has an index, an optional text, and a link, quick replies or a product. */
const checkCards: Check = (action) =>
  checkList(action['cards'], `${ACTION}.cards`, [2, 10], (card, path) => {
    const isIndex = /^[0-9]$/.test(scalarText(card['card_index']));
    if (!isIndex) return wrong(`${path}.card_index`, 'it must be 0 to 9');
    const found = optionalText(bodyText(card), `${path}.body.text`, 160);
    return found ?? checkObject(card['action'], `${path}.action`, () => null);
  });

interface Kind {
  readonly body: number | null;
  readonly headers: readonly string[];
  readonly action: Check;
}

const anyAction: Check = () => null;
const plain = (action: Check, headers: readonly string[] = []): Kind => ({ body: MAX_BODY, headers, action });

/** By `interactive.type`; `body` is the maximum length of its text, null if it is optional. */
const KINDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ['button', plain(checkButtons, HEADER_TYPES)],
  [
    'list',
    {
      body: MAX_LIST_BODY,
      headers: ['text'],
      action: (action) => checkText(action['button'], `${ACTION}.button`, 20) ?? checkSections(action),
    },
  ],
  ['cta_url', plain(checkLink, HEADER_TYPES)],
  ['flow', plain(checkFlow, HEADER_TYPES)],
  ['location_request_message', plain((action) => checkName(action, 'send_location'))],
  ['request_contact_info', plain((action) => checkName(action, 'request_contact_info'))],
  ['catalog_message', plain(checkCatalog)],
  ['product', { body: null, headers: [], action: checkProduct }],
  ['product_list', plain(checkProductList, ['text'])],
  ['carousel', plain(checkCards)],
  [
    'order_details',
    plain(
      withParameters('review_and_pay', () => null),
      HEADER_TYPES,
    ),
  ],
  ['order_status', plain(withParameters('review_order', () => null))],
  ['address_message', plain(withParameters('address_message', checkAddress))],
  ['call_permission_request', plain(anyAction)],
  ['voice_call', plain(anyAction)],
]);

export const checkInteractive: Check = (interactive) => {
  const type = textOrNull(interactive['type']);
  if (type === null) return missing(`${PATH}.type`);
  const kind = KINDS.get(type);
  if (kind === undefined) return wrong(`${PATH}.type`, `it must be one of ${[...KINDS.keys()].join(', ')}`);
  const { action, header, footer } = interactive;
  if (!isRecord(action)) return missing(ACTION);
  return (
    checkHeader(header, kind.headers) ??
    (type === 'product_list' && header === undefined ? missing(`${PATH}.header`) : null) ??
    checkText(bodyText(interactive), `${PATH}.body.text`, kind.body ?? MAX_BODY, kind.body !== null) ??
    checkFooter(footer) ??
    kind.action(action)
  );
};
