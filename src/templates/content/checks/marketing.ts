import type { Issue } from '../../../platform/errors.ts';
import { checkButtons } from './buttons.ts';
import { checkBodyText, checkMediaSample, checkNoVariables, checkOneLine, checkText, issue } from './text.ts';
import {
  partOf,
  type TemplateButtons,
  type TemplateCard,
  type TemplateCarousel,
  type TemplateComponentDefinition,
  type TemplateOffer,
} from '../definition.ts';

/** Meta's limits on components of marketing templates. Source: Meta's pages on carousels and limited-time offers. */
const limits = { minCards: 2, cards: 10, cardBody: 160, cardButtons: 2, offerText: 16 } as const;

/** Every card has an image or a video, and all cards have the same structure. */
export function checkCarousel(
  { cards }: TemplateCarousel,
  path: string,
  all: readonly TemplateComponentDefinition[],
): Issue[] {
  const issues: Issue[] = [];
  const at = `${path}.cards`;
  if (cards.length < limits.minCards) {
    issues.push(issue(at, `A carousel needs at least ${limits.minCards} cards.`));
  }
  if (cards.length > limits.cards) {
    issues.push(issue(at, `There are ${cards.length} cards; ${limits.cards} are allowed.`));
  }
  const [first] = cards;
  if (first !== undefined && cards.some((card) => shapeOf(card) !== shapeOf(first))) {
    issues.push(issue(at, 'All cards must have the same parts and the same kinds of buttons.'));
  }
  for (const type of ['HEADER', 'FOOTER', 'BUTTONS', 'LIMITED_TIME_OFFER'] as const) {
    if (partOf(all, type) !== undefined)
      issues.push(issue(path, `A ${type} is not allowed with a CAROUSEL.`));
  }
  return [...issues, ...cards.flatMap((card, index) => checkCard(card, `${at}.${index}`))];
}

const shapeOf = ({ components }: TemplateCard): string =>
  JSON.stringify(
    components.map((component) => [
      component.type,
      component.type === 'HEADER' ? component.format : '',
      component.type === 'BUTTONS' ? component.buttons.map(({ type }) => type) : [],
    ]),
  );

function checkCard({ components }: TemplateCard, path: string): Issue[] {
  const issues: Issue[] = [];
  const header = partOf(components, 'HEADER');
  if (header?.format !== 'IMAGE' && header?.format !== 'VIDEO') {
    issues.push(issue(`${path}.components`, 'A card needs a HEADER with an IMAGE or a VIDEO.'));
  } else {
    issues.push(...checkMediaSample(header, `${path}.components.${components.indexOf(header)}`));
  }
  if (partOf(components, 'BUTTONS') === undefined) {
    issues.push(issue(`${path}.components`, 'A card needs BUTTONS.'));
  }
  for (const [index, component] of components.entries()) {
    const at = `${path}.components.${index}`;
    if (components.findIndex(({ type }) => type === component.type) < index) {
      issues.push(issue(at, `Only one ${component.type} is allowed.`));
    }
    if (component.type === 'OTHER') issues.push(issue(at, 'This type of component is not supported.'));
    if (component.type === 'BODY') {
      issues.push(...checkBodyText(component.text ?? '', `${at}.text`, limits.cardBody));
    }
    if (component.type === 'BUTTONS') issues.push(...checkCardButtons(component, `${at}.buttons`));
  }
  return issues;
}

const cardButtons: ReadonlySet<string> = new Set(['QUICK_REPLY', 'URL', 'PHONE_NUMBER']);

function checkCardButtons({ buttons }: TemplateButtons, path: string): Issue[] {
  const issues = checkButtons(buttons, path);
  if (buttons.length > limits.cardButtons) {
    issues.push(issue(path, `A card may have ${limits.cardButtons} buttons.`));
  }
  for (const [index, { type }] of buttons.entries()) {
    if (!cardButtons.has(type))
      issues.push(issue(`${path}.${index}`, `A card may not have a ${type} button.`));
  }
  return issues;
}

/** An offer always needs a link; an offer that expires needs a code to copy as its first button. */
export function checkOffer(
  { limited_time_offer: offer }: TemplateOffer,
  path: string,
  all: readonly TemplateComponentDefinition[],
): Issue[] {
  const at = `${path}.limited_time_offer.text`;
  const issues = [
    ...checkText(offer.text, at, limits.offerText),
    ...checkOneLine(offer.text, at),
    ...checkNoVariables(offer.text, at),
  ];
  const types = (partOf(all, 'BUTTONS')?.buttons ?? []).map(({ type }) => type);
  const header = partOf(all, 'HEADER');
  if (header !== undefined && header.format !== 'IMAGE' && header.format !== 'VIDEO') {
    issues.push(issue(path, 'The HEADER of an offer must be an IMAGE or a VIDEO.'));
  }
  if (partOf(all, 'FOOTER') !== undefined) issues.push(issue(path, 'An offer may not have a FOOTER.'));
  if (!types.includes('URL')) issues.push(issue(path, 'An offer needs a URL button.'));
  if (offer.has_expiration === true && !types.includes('COPY_CODE')) {
    issues.push(issue(path, 'An offer that expires needs a COPY_CODE button.'));
  }
  if (types.indexOf('COPY_CODE') > 0)
    issues.push(issue(path, 'The COPY_CODE button of an offer must come first.'));
  return issues;
}
