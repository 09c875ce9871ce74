import type { Issue } from '../../platform/errors.ts';
import type {
  BodyComponent,
  CardComponent,
  TemplateComponent,
  ButtonComponent,
} from '../../whatsapp/template-payload.ts';
import { isAuthentication } from './authentication.ts';
import {
  partOf,
  type TemplateButton,
  type TemplateCard,
  type TemplateCarousel,
  type TemplateComponentDefinition,
  type TemplateOffer,
} from './definition.ts';
import { fillButtons, type FilledButtons, type ShownButton } from './fill/buttons.ts';
import { fillHeader, type ShownHeader } from './fill/header.ts';
import { fillBody } from './fill/body.ts';
import { singleLineIssues, lengthIssues } from './fill/text.ts';
import type { CardVariables, TemplateVariables } from './variables.ts';

export interface FilledTemplate {
  readonly components: readonly TemplateComponent[];
  /** The text that the contact reads: filled header, body and footer, then the cards. */
  readonly text: string;
  readonly shown: TemplatePreview;
}

export interface ShownCard {
  readonly header: ShownHeader | null;
  readonly text: string;
  readonly buttons: readonly ShownButton[];
}

/** The message as the contact sees it. */
export interface TemplatePreview {
  readonly header: ShownHeader | null;
  readonly body: string;
  readonly footer: string | null;
  readonly offer: { readonly text: string; readonly expiresAt: Date | null } | null;
  readonly buttons: readonly ShownButton[];
  readonly cards: readonly ShownCard[];
}

export type FillResult =
  | { readonly ok: true; readonly filled: FilledTemplate }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/** Meta's limits on a filled body, in characters. Source: Meta's template components reference. */
const maxBody = { plain: 1_024, offer: 600, card: 160 } as const;
const maxCode = 15;

const root = 'body.variables';

/**
 * Fills a template: returns the components of the send and the preview, or all variables that are missing, unexpected,
 * empty, too long or of the wrong type.
 */
export function fillTemplate(
  definitions: readonly TemplateComponentDefinition[],
  variables: TemplateVariables,
): FillResult {
  const { issues, ...filled } = isAuthentication(definitions)
    ? fillCode(definitions, variables)
    : fillParts(definitions, variables);
  return issues.length > 0 ? { ok: false, issues } : { ok: true, filled };
}

type Parts = FilledTemplate & { readonly issues: readonly Issue[] };

function fillParts(definitions: readonly TemplateComponentDefinition[], variables: TemplateVariables): Parts {
  const offer = partOf(definitions, 'LIMITED_TIME_OFFER');
  const header = fillHeader(partOf(definitions, 'HEADER'), variables.header, `${root}.header`);
  const body = fillBody(partOf(definitions, 'BODY')?.text ?? '', variables.body, {
    ...{ path: `${root}.body`, part: 'body' },
    maxLength: offer === undefined ? maxBody.plain : maxBody.offer,
  });
  const deadline = fillOffer(offer, variables.offerExpiresAt);
  const buttons = fillButtons(
    partOf(definitions, 'BUTTONS')?.buttons ?? [],
    variables.buttons,
    `${root}.buttons`,
  );
  const cards = fillCarousel(partOf(definitions, 'CAROUSEL'), variables.cards);
  const footer = partOf(definitions, 'FOOTER')?.text ?? null;
  const shown: TemplatePreview = {
    ...{ header: header.shown, body: body.text, footer, offer: deadline.shown },
    ...{ buttons: buttons.shown, cards: cards.shown },
  };
  return {
    components: [
      ...header.components,
      ...bodyComponents(body.parameters),
      ...deadline.components,
      ...buttons.components,
      ...cards.components,
    ],
    text: readText(shown),
    shown,
    issues: [
      ...header.issues,
      ...body.issues,
      ...deadline.issues,
      ...buttons.issues,
      ...cards.issues,
      ...(variables.code === undefined ? [] : [stray('code', 'The template takes no code.')]),
    ],
  };
}

const stray = (name: string, message: string): Issue => ({ path: `${root}.${name}`, message });

const bodyComponents = (parameters: BodyComponent['parameters']): BodyComponent[] =>
  parameters.length === 0 ? [] : [{ type: 'body', parameters }];

const readText = ({ header, body, footer, cards }: TemplatePreview): string =>
  [header?.text, body, footer ?? '', ...cards.map(({ text }) => text)]
    .filter((line) => line !== undefined && line !== '')
    .join('\n');

/** The code is sent twice: in the text and in the button that copies it. */
function fillCode(
  definitions: readonly TemplateComponentDefinition[],
  { code, ...others }: TemplateVariables,
): Parts {
  const text = code ?? '';
  const issues = [
    ...singleLineIssues(`${root}.code`, code, 'code'),
    ...lengthIssues(`${root}.code`, code, maxCode),
    ...(isPlain(text) ? [] : [stray('code', 'A code may not contain an address or an emoji.')]),
    ...Object.entries(others)
      .filter(([, value]) => value !== undefined)
      .map(([name]) => stray(name, 'An authentication template takes only `code`.')),
  ];
  const parameters = [{ type: 'text' as const, text }];
  const copying: ButtonComponent = { type: 'button', sub_type: 'url', index: '0', parameters };
  const shown: TemplatePreview = {
    header: null,
    body: codeText(definitions).replaceAll('{{1}}', () => text),
    footer: codeFooter(definitions),
    offer: null,
    buttons: definitions.flatMap((part) =>
      part.type === 'BUTTONS' ? part.buttons.map((button) => showCode(button, text)) : [],
    ),
    cards: [],
  };
  return { components: [{ type: 'body', parameters }, copying], text: readText(shown), shown, issues };
}

/** Meta's own text if known, otherwise its English text. */
function codeText(definitions: readonly TemplateComponentDefinition[]): string {
  const body = partOf(definitions, 'BODY');
  const advice =
    body?.add_security_recommendation === true ? ' For your security, do not share this code.' : '';
  return body?.text ?? `{{1}} is your verification code.${advice}`;
}

function codeFooter(definitions: readonly TemplateComponentDefinition[]): string | null {
  const footer = partOf(definitions, 'FOOTER');
  const minutes = footer?.code_expiration_minutes;
  return footer?.text ?? (minutes === undefined ? null : `This code expires in ${minutes} minutes.`);
}

const showCode = (button: TemplateButton, code: string): ShownButton => ({
  type: button.type,
  text: ('text' in button ? button.text : undefined) ?? 'Copy code',
  payload: code,
});

const isPlain = (code: string): boolean =>
  !/:\/\/|www\.|[a-z]\.[a-z]{2,}/i.test(code) &&
  !/[\p{Extended_Pictographic}\p{Regional_Indicator}\u{20E3}]/u.test(code);

/** Problems of the offer's expiry for a message that is sent at `leavesAt` at the earliest. */
export const offerEndIssues = ({ offerExpiresAt: end }: TemplateVariables, leavesAt: Date): Issue[] =>
  end === undefined || end > leavesAt
    ? []
    : [stray('offerExpiresAt', 'Must be later than the time at which the message is sent.')];

function fillOffer(offer: TemplateOffer | undefined, expiresAt: Date | undefined) {
  const path = `${root}.offerExpiresAt`;
  const mustExpire = offer?.limited_time_offer.has_expiration === true;
  const issues: Issue[] = [];
  if (mustExpire && expiresAt === undefined) {
    issues.push({ path, message: 'The expiry time of the offer is missing.' });
  }
  if (!mustExpire && expiresAt !== undefined) {
    issues.push({ path, message: 'The template has no offer that expires.' });
  }
  const parameters = (time: Date) =>
    [{ type: 'limited_time_offer', limited_time_offer: { expiration_time_ms: time.getTime() } }] as const;
  const components: TemplateComponent[] =
    expiresAt === undefined ? [] : [{ type: 'limited_time_offer', parameters: parameters(expiresAt) }];
  const text = offer?.limited_time_offer.text;
  return { components, issues, shown: text === undefined ? null : { text, expiresAt: expiresAt ?? null } };
}

function fillCarousel(carousel: TemplateCarousel | undefined, given: readonly CardVariables[] | undefined) {
  const definitions = carousel?.cards ?? [];
  const filled = definitions.map((card, index) =>
    fillCard(card, given?.[index] ?? {}, `${root}.cards.${index}`),
  );
  const strays = (given ?? []).slice(definitions.length).map((_card, index) => ({
    path: `${root}.cards.${definitions.length + index}`,
    message: 'The template has no such card.',
  }));
  const cards = filled.map(({ components }, index) => ({ card_index: index, components }));
  const components: TemplateComponent[] = cards.length === 0 ? [] : [{ type: 'carousel', cards }];
  return {
    components,
    shown: filled.map(({ shown }) => shown),
    issues: [...filled.flatMap(({ issues }) => issues), ...strays],
  };
}

function fillCard({ components }: TemplateCard, given: CardVariables, path: string) {
  const header = fillHeader(partOf(components, 'HEADER'), given.header, `${path}.header`);
  const body = fillBody(partOf(components, 'BODY')?.text ?? '', given.body, {
    ...{ path: `${path}.body`, part: 'body', maxLength: maxBody.card },
  });
  const buttons: FilledButtons = fillButtons(
    partOf(components, 'BUTTONS')?.buttons ?? [],
    given.buttons,
    `${path}.buttons`,
  );
  const sent: CardComponent[] = [
    ...header.components,
    ...bodyComponents(body.parameters),
    ...buttons.components,
  ];
  return {
    components: sent,
    shown: { header: header.shown, text: body.text, buttons: buttons.shown },
    issues: [...header.issues, ...body.issues, ...buttons.issues],
  };
}
