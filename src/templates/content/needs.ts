import { isAuthentication } from './authentication.ts';
import {
  partOf,
  type TemplateButton,
  type TemplateComponentDefinition,
  type TemplateHeader,
} from './definition.ts';
import { variablesOf } from './variables.ts';

export interface PartNeeds {
  /** The format of the header if it needs a value, otherwise null. */
  readonly headerFormat: TemplateHeader['format'] | null;
  /** The variables of a text header. */
  readonly header: readonly string[];
  readonly body: readonly string[];
  /** Positions of the buttons that need a value. */
  readonly buttons: readonly string[];
}

/** The values that a send needs. */
export interface TemplateNeeds extends PartNeeds {
  readonly cards: readonly PartNeeds[];
  readonly offerExpiresAt: boolean;
  readonly code: boolean;
}

export function needsOf(components: readonly TemplateComponentDefinition[]): TemplateNeeds {
  const offer = partOf(components, 'LIMITED_TIME_OFFER')?.limited_time_offer;
  const rest = { cards: [], offerExpiresAt: false, code: false };
  if (isAuthentication(components)) {
    return { headerFormat: null, header: [], body: [], buttons: [], ...rest, code: true };
  }
  return {
    ...partNeeds(components),
    ...rest,
    cards: (partOf(components, 'CAROUSEL')?.cards ?? []).map((card) => partNeeds(card.components)),
    offerExpiresAt: offer?.has_expiration === true,
  };
}

function partNeeds(components: readonly TemplateComponentDefinition[]): PartNeeds {
  const header = partOf(components, 'HEADER');
  const texts = header?.format === 'TEXT' ? variablesOf(header.text) : [];
  const isNeeded = header !== undefined && (header.format !== 'TEXT' || texts.length > 0);
  return {
    headerFormat: isNeeded ? header.format : null,
    header: texts,
    body: variablesOf(partOf(components, 'BODY')?.text ?? ''),
    buttons: (partOf(components, 'BUTTONS')?.buttons ?? []).flatMap((button, index) =>
      needsValue(button) ? [String(index)] : [],
    ),
  };
}

const needsValue = (button: TemplateButton): boolean =>
  button.type === 'COPY_CODE' ||
  button.type === 'MPM' ||
  (button.type === 'URL' && variablesOf(button.url).length > 0);
