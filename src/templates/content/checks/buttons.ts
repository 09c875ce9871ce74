import type { Issue } from '../../../platform/errors.ts';
import { faultOf } from '../../../platform/plain-text.ts';
import { hasIpHost } from '../../../platform/web-link.ts';
import { checkBraces, checkNoVariables, checkOneLine, checkPlain, checkText, issue } from './text.ts';
import type { FlowButton, OtpButton, TemplateButton } from '../definition.ts';
import { placeholder } from '../variables.ts';

/** Meta's limits on buttons, lengths in characters. Source: Meta's template components reference. */
const limits = { all: 10, url: 2, text: 25, urlLength: 2_000, phoneLength: 20, coupon: 20 } as const;

export function checkButtons(buttons: readonly TemplateButton[], path: string): Issue[] {
  return [
    ...checkCounts(buttons, path),
    ...buttons.flatMap((button, index) => [
      ...checkButton(button, `${path}.${index}`),
      ...checkDuplicateText(buttons, index, path),
    ]),
  ];
}

function checkCounts(buttons: readonly TemplateButton[], path: string): Issue[] {
  const issues: Issue[] = [];
  const count = (type: TemplateButton['type']) => buttons.filter((button) => button.type === type).length;
  if (buttons.length === 0) issues.push(issue(path, 'Give at least one button, or leave BUTTONS out.'));
  if (buttons.length > limits.all) {
    issues.push(issue(path, `There are ${buttons.length} buttons; ${limits.all} are allowed.`));
  }
  if (count('URL') > limits.url) {
    issues.push(issue(path, `At most ${limits.url} URL buttons are allowed.`));
  }
  for (const type of ['PHONE_NUMBER', 'COPY_CODE'] as const) {
    if (count(type) > 1) issues.push(issue(path, `At most one ${type} button is allowed.`));
  }
  for (const type of ['FLOW', 'CATALOG', 'MPM', 'OTP'] as const) {
    if (count(type) > 0 && buttons.length > 1) {
      issues.push(issue(path, `A ${type} button must be the only one.`));
    }
  }
  if (groupsOfQuickReplies(buttons) > 1) {
    issues.push(issue(path, 'Quick replies must stand together, before or after the other buttons.'));
  }
  return issues;
}

const groupsOfQuickReplies = (buttons: readonly TemplateButton[]): number =>
  buttons.filter(({ type }, index) => type === 'QUICK_REPLY' && buttons[index - 1]?.type !== 'QUICK_REPLY')
    .length;

const textOf = (button: TemplateButton): string | undefined => ('text' in button ? button.text : undefined);

function checkDuplicateText(buttons: readonly TemplateButton[], index: number, path: string): Issue[] {
  const text = buttons.map(textOf)[index];
  return text !== undefined && buttons.findIndex((button) => textOf(button) === text) < index
    ? [issue(`${path}.${index}.text`, 'Another button has the same text.')]
    : [];
}

function checkButton(button: TemplateButton, path: string): Issue[] {
  switch (button.type) {
    case 'OTHER':
      return [issue(path, 'This type of button is not supported.')];
    case 'COPY_CODE':
      return checkCoupon(button.example, `${path}.example`);
    case 'OTP':
      return checkOtp(button, path);
    case 'URL':
      return [...checkLabel(button.text, path), ...checkUrl(button.url, `${path}.url`)];
    case 'PHONE_NUMBER':
      return [...checkLabel(button.text, path), ...checkPhone(button.phone_number, `${path}.phone_number`)];
    case 'FLOW':
      return [...checkLabel(button.text, path), ...checkFlow(button, path)];
    case 'QUICK_REPLY':
    case 'CATALOG':
    case 'MPM':
      return checkLabel(button.text, path);
  }
}

const checkLabel = (text: string, path: string): Issue[] => [
  ...checkText(text, `${path}.text`, limits.text),
  ...checkOneLine(text, `${path}.text`),
  ...checkPlain(text, `${path}.text`),
  ...checkNoVariables(text, `${path}.text`),
];

function checkCoupon(example: string | readonly string[] | undefined, path: string): Issue[] {
  const samples = typeof example === 'string' ? [example] : (example ?? []);
  const [sample] = samples;
  return sample === undefined
    ? [issue(path, 'Give a sample of the code.')]
    : samples.flatMap((text) => checkText(text, path, limits.coupon));
}

const checkPhone = (phone: string, path: string): Issue[] =>
  /^\+[1-9]\d{6,18}$/.test(phone)
    ? []
    : [
        issue(
          path,
          `Must be a phone number with + and country code, at most ${limits.phoneLength} characters.`,
        ),
      ];

/** A flow is named in exactly one way; only `navigate` opens a screen. */
function checkFlow(button: FlowButton, path: string): Issue[] {
  const names = [button.flow_id, button.flow_name, button.flow_json].filter((name) => name !== undefined);
  const issues: Issue[] = [];
  if (names.length !== 1) {
    issues.push(issue(path, 'Name the flow by exactly one of flow_id, flow_name and flow_json.'));
  }
  if (button.flow_action === 'data_exchange' && button.navigate_screen !== undefined) {
    issues.push(issue(`${path}.navigate_screen`, 'Only flow_action navigate opens a screen.'));
  }
  return issues;
}

function checkOtp(button: OtpButton, path: string): Issue[] {
  const issues: Issue[] = [];
  for (const name of ['text', 'autofill_text'] as const) {
    const text = button[name];
    if (text === undefined) continue;
    const at = `${path}.${name}`;
    issues.push(
      ...checkText(text, at, limits.text),
      ...checkOneLine(text, at),
      ...checkPlain(text, at),
      ...checkNoVariables(text, at),
    );
  }
  if (button.otp_type !== 'COPY_CODE' && (button.supported_apps ?? []).length === 0) {
    issues.push(issue(`${path}.supported_apps`, 'Name at least one app that takes the code.'));
  }
  if (button.otp_type === 'ZERO_TAP' && button.zero_tap_terms_accepted !== true) {
    issues.push(issue(`${path}.zero_tap_terms_accepted`, 'Accept the terms of zero-tap.'));
  }
  return issues;
}

/** A URL takes one positional variable at its end, even if the rest of the template uses names. */
function checkUrl(url: string, path: string): Issue[] {
  const issues = checkBraces(url, path);
  const variables = [...url.matchAll(placeholder)];
  const [first] = variables;
  if (url.length > limits.urlLength) {
    issues.push(issue(path, `The URL has ${url.length} characters; ${limits.urlLength} are allowed.`));
  }
  if (variables.length > 1) issues.push(issue(path, 'A URL may have one variable.'));
  if (first !== undefined && first[1] !== '1') {
    issues.push(issue(path, 'The variable of a URL is written {{1}}.'));
  }
  if (first !== undefined && variables.length === 1 && first.index + first[0].length !== url.length) {
    issues.push(issue(path, 'The variable must be the end of the URL.'));
  }
  const sample = url.replace(placeholder, 'x');
  if (!/^https?:\/\//i.test(url) || !URL.canParse(sample)) {
    issues.push(issue(path, 'Must be an address that starts with https:// or http://.'));
  } else if (/\s/u.test(url) || faultOf(url) !== undefined) {
    issues.push(issue(path, 'May contain no spaces and no control characters.'));
  } else if (/^https?:\/\/[^/?#]*\{\{/i.test(url)) {
    issues.push(issue(path, 'The variable must come after the site, as in https://example.com/{{1}}.'));
  } else if (hasIpHost(sample)) {
    issues.push(issue(path, 'Must name its site; WhatsApp refuses links to IP addresses.'));
  }
  return issues;
}
