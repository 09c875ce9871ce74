import type { Issue } from '../../../platform/errors.ts';
import type {
  ActionParameter,
  ButtonComponent,
  ButtonParameter,
} from '../../../whatsapp/template-payload.ts';
import type { TemplateButton } from '../definition.ts';
import { textIssues, singleLineIssues, lengthIssues } from './text.ts';
import { suffixIssues } from './url.ts';
import { placeholder, variablesOf, type ButtonValue } from '../variables.ts';

export interface ShownButton {
  readonly type: TemplateButton['type'];
  readonly text: string;
  /** The filled URL, the phone number, or the first screen of the flow. */
  readonly target?: string;
  /** The value that a tap sends back or copies. */
  readonly payload?: string;
}

export interface FilledButtons {
  readonly components: readonly ButtonComponent[];
  readonly shown: readonly ShownButton[];
  readonly issues: readonly Issue[];
}

const maxLengths = {
  payload: 256,
  url: 2_000,
  coupon: 20,
  flowToken: 1_024,
  productId: 256,
  title: 24,
} as const;
const maxSections = 10;
const maxProducts = 30;

/** Fills the buttons of a template or of a card; `path` locates their values in the request. */
export function fillButtons(
  buttons: readonly TemplateButton[],
  given: Readonly<Record<string, ButtonValue>> | undefined,
  path: string,
): FilledButtons {
  const values = new Map(Object.entries(given ?? {}));
  const filled = buttons.map((button, index) => {
    const value = values.get(String(index));
    values.delete(String(index));
    return fillButton(button, value, { path: `${path}.${index}`, index });
  });
  const strays = [...values.keys()].map((name) => ({
    path: `${path}.${name}`,
    message: 'The template has no such button.',
  }));
  return {
    components: filled.flatMap(({ component }) => (component === undefined ? [] : [component])),
    shown: filled.map(({ shown }) => shown),
    issues: [...filled.flatMap(({ issues }) => issues), ...strays],
  };
}

interface FilledButton {
  readonly component?: ButtonComponent;
  readonly shown: ShownButton;
  readonly issues: readonly Issue[];
}

interface Position {
  readonly path: string;
  readonly index: number;
}

function fillButton(
  button: TemplateButton,
  value: ButtonValue | undefined,
  position: Position,
): FilledButton {
  switch (button.type) {
    case 'URL':
      return fillUrl(button, value, position);
    case 'QUICK_REPLY': {
      // Without a payload the provider reports the text of the button.
      const shown = { type: button.type, text: button.text, payload: textOf(value) ?? button.text };
      if (value === undefined) return { shown, issues: [] };
      const issues = [
        ...textIssues(position.path, value),
        ...lengthIssues(position.path, value, maxLengths.payload),
      ];
      return {
        ...sent('quick_reply', position, { type: 'payload', payload: textOf(value) ?? '' }),
        shown,
        issues,
      };
    }
    case 'COPY_CODE': {
      const code = textOf(value) ?? '';
      const issues = [
        ...singleLineIssues(position.path, value, 'coupon code'),
        ...lengthIssues(position.path, value, maxLengths.coupon),
      ];
      const shown = { type: button.type, text: 'Copy offer code', payload: code };
      return { ...sent('copy_code', position, { type: 'coupon_code', coupon_code: code }), shown, issues };
    }
    case 'FLOW':
      return fillFlow(button, value, position);
    case 'CATALOG':
    case 'MPM':
      return fillProducts(button, value, position);
    case 'PHONE_NUMBER':
      return takesNothing(value, position, {
        ...{ type: button.type, text: button.text, target: button.phone_number },
      });
    case 'OTP':
      return takesNothing(value, position, { type: button.type, text: button.text ?? 'Copy code' });
    case 'OTHER':
      return takesNothing(value, position, {
        type: button.type,
        text: textOf(button.original['text']) ?? '',
      });
  }
}

function fillUrl(
  { type, text, url }: Extract<TemplateButton, { type: 'URL' }>,
  value: ButtonValue | undefined,
  position: Position,
): FilledButton {
  if (variablesOf(url).length === 0) return takesNothing(value, position, { type, text, target: url });
  const suffix = textOf(value) ?? '';
  return {
    ...sent('url', position, { type: 'text', text: suffix }),
    shown: { type, text, target: url.replace(placeholder, () => suffix) },
    issues: [
      ...suffixIssues(position.path, value, url),
      ...lengthIssues(position.path, value, maxLengths.url),
    ],
  };
}

/** Both values are optional: the provider opens the flow without a token too. */
function fillFlow(
  { type, text, navigate_screen: screen }: Extract<TemplateButton, { type: 'FLOW' }>,
  value: ButtonValue | undefined,
  position: Position,
): FilledButton {
  const shown = { type, text, ...(screen === undefined ? {} : { target: screen }) };
  if (value === undefined) return { shown, issues: [] };
  if (typeof value === 'string') return { shown, issues: [mustBeObject(position, 'flowToken and data')] };
  const { flowToken, data, ...others } = value;
  const action = {
    ...(flowToken === undefined ? {} : { flow_token: flowToken }),
    ...(data === undefined ? {} : { flow_action_data: data }),
  };
  return {
    ...sent('flow', position, { type: 'action', action }),
    shown: { ...shown, ...(flowToken === undefined ? {} : { payload: flowToken }) },
    issues: [
      ...optionalIssues(`${position.path}.flowToken`, flowToken, maxLengths.flowToken),
      ...notForThis(others, position),
    ],
  };
}

/** A catalog button may show a product; a multi-product button must list its products. */
function fillProducts(
  { type, text }: { type: 'CATALOG' | 'MPM'; text: string },
  value: ButtonValue | undefined,
  position: Position,
): FilledButton {
  const shown = { type, text };
  if (value === undefined && type === 'CATALOG') return { shown, issues: [] };
  if (value === undefined || typeof value === 'string') {
    const wanted = type === 'MPM' ? 'sections and thumbnailProductId' : 'thumbnailProductId';
    return { shown, issues: [mustBeObject(position, wanted)] };
  }
  const { thumbnailProductId, sections, ...others } = value;
  const isMulti = type === 'MPM';
  const action: ActionParameter['action'] = {
    ...(thumbnailProductId === undefined ? {} : { thumbnail_product_retailer_id: thumbnailProductId }),
    ...(isMulti
      ? {
          sections: (sections ?? []).map(({ title, productIds }) => ({
            title,
            product_items: productIds.map((id) => ({ product_retailer_id: id })),
          })),
        }
      : {}),
  };
  return {
    ...sent(isMulti ? 'mpm' : 'catalog', position, { type: 'action', action }),
    shown: { ...shown, ...(thumbnailProductId === undefined ? {} : { payload: thumbnailProductId }) },
    issues: [
      ...optionalIssues(`${position.path}.thumbnailProductId`, thumbnailProductId, maxLengths.productId),
      ...(isMulti ? checkSections(sections ?? [], position) : notForThis({ sections }, position)),
      ...notForThis(others, position),
    ],
  };
}

function checkSections(
  sections: readonly { readonly title: string; readonly productIds: readonly string[] }[],
  position: Position,
): Issue[] {
  const path = `${position.path}.sections`;
  const issues: Issue[] = [];
  if (sections.length === 0) issues.push({ path, message: 'Give at least one section of products.' });
  if (sections.length > maxSections) {
    issues.push({ path, message: `At most ${maxSections} sections are allowed.` });
  }
  const products = sections.flatMap(({ productIds }) => productIds);
  if (products.length > maxProducts) {
    issues.push({ path, message: `At most ${maxProducts} products are allowed in all.` });
  }
  for (const [index, { title, productIds }] of sections.entries()) {
    const at = `${path}.${index}`;
    issues.push(
      ...textIssues(`${at}.title`, title, 'title'),
      ...lengthIssues(`${at}.title`, title, maxLengths.title),
    );
    if (productIds.length === 0)
      issues.push({ path: `${at}.productIds`, message: 'Name at least one product.' });
    issues.push(...productIds.flatMap((id, place) => textIssues(`${at}.productIds.${place}`, id, 'id')));
  }
  return issues;
}

const optionalIssues = (path: string, value: string | undefined, maxLength: number): Issue[] =>
  value === undefined ? [] : [...textIssues(path, value, 'value'), ...lengthIssues(path, value, maxLength)];

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

const sent = (
  subType: ButtonComponent['sub_type'],
  { index }: Position,
  parameter: ButtonParameter,
): Pick<FilledButton, 'component'> => ({
  component: { type: 'button', sub_type: subType, index: String(index), parameters: [parameter] },
});

const takesNothing = (
  value: ButtonValue | undefined,
  { path }: Position,
  shown: ShownButton,
): FilledButton => ({
  shown,
  issues: value === undefined ? [] : [{ path, message: 'This button takes no variable.' }],
});

const mustBeObject = ({ path }: Position, fields: string): Issue => ({
  path,
  message: `This button takes an object with ${fields}.`,
});

const notForThis = (others: object, { path }: Position): Issue[] =>
  Object.entries(others)
    .filter(([, value]) => value !== undefined)
    .map(([name]) => ({ path: `${path}.${name}`, message: 'This button does not take this value.' }));
