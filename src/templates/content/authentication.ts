import {
  otpTypes,
  partOf,
  type OtpButton,
  type TemplateBody,
  type TemplateButtons,
  type TemplateComponentDefinition,
  type TemplateFooter,
} from './definition.ts';

/**
 * Authentication templates. Meta writes their texts and returns another form than it accepts: with localised texts, and
 * with the address of the code button instead of the button. We store the form that Meta accepts, with Meta's texts
 * added for display. Pure.
 */

/** The address of the code button. */
const otpAddress = /^https:\/\/www\.whatsapp\.com\/otp\//;

/** Whether a send takes a single code, which Meta puts into its own text. */
export const isAuthentication = (components: readonly TemplateComponentDefinition[]): boolean =>
  (partOf(components, 'BUTTONS')?.buttons ?? []).some(
    (button) => button.type === 'OTP' || (button.type === 'URL' && otpAddress.test(button.url)),
  );

/** The code button that Meta returns as this address; null for other addresses and unknown types. */
export function otpOfAddress(url: string, text: string): OtpButton | null {
  if (!otpAddress.test(url)) return null;
  const parameters = new URL(url).searchParams;
  const type = otpTypes.find((known) => known === parameters.get('otp_type')?.toUpperCase());
  if (type === undefined) return null;
  const parameterOf = (name: string): string => parameters.get(name) ?? '';
  const [fill, app] = [parameterOf('cta_display_name'), parameterOf('package_name')];
  // Base64 has no spaces: each one was an unescaped plus.
  const hash = parameterOf('signature_hash').replaceAll(' ', '+');
  return {
    ...{ type: 'OTP', otp_type: type },
    ...(text === '' ? {} : { text }),
    ...(fill === '' ? {} : { autofill_text: fill }),
    // A zero-tap template exists only once its terms are accepted.
    ...(type === 'ZERO_TAP' ? { zero_tap_terms_accepted: true } : {}),
    ...(app === '' || hash === '' ? {} : { supported_apps: [{ package_name: app, signature_hash: hash }] }),
  };
}

const maxMinutes = 90;

/** Reads the expiry of the code from Meta's text if the field is missing. */
export function withMinutes(footer: TemplateFooter): TemplateFooter {
  if (footer.code_expiration_minutes !== undefined) return footer;
  const minutes = Number(/\d+/.exec(footer.text ?? '')?.[0]);
  return minutes >= 1 && minutes <= maxMinutes ? { ...footer, code_expiration_minutes: minutes } : footer;
}

/** Adds the stored parts that Meta does not return: the advice, and all apps but the first. */
export const withStoredParts = (
  read: readonly TemplateComponentDefinition[],
  ours: readonly TemplateComponentDefinition[],
): readonly TemplateComponentDefinition[] =>
  isAuthentication(read) ? read.map((component) => withStoredPart(component, ours)) : read;

function withStoredPart(
  component: TemplateComponentDefinition,
  ours: readonly TemplateComponentDefinition[],
): TemplateComponentDefinition {
  switch (component.type) {
    case 'BODY':
      return withAdvice(component, partOf(ours, 'BODY'));
    case 'FOOTER': {
      const minutes = component.code_expiration_minutes ?? partOf(ours, 'FOOTER')?.code_expiration_minutes;
      return minutes === undefined ? component : { ...component, code_expiration_minutes: minutes };
    }
    case 'BUTTONS':
      return withApps(
        component,
        partOf(ours, 'BUTTONS')?.buttons.find((button) => button.type === 'OTP'),
      );
    default:
      return component;
  }
}

function withAdvice({ example, ...body }: TemplateBody, ours: TemplateBody | undefined): TemplateBody {
  const advice = body.add_security_recommendation ?? ours?.add_security_recommendation;
  return {
    ...body,
    ...(advice === undefined ? {} : { add_security_recommendation: advice }),
    ...(example === undefined ? {} : { example }),
  };
}

/** Keeps the stored apps if they include every app that Meta returns. */
const withApps = (read: TemplateButtons, ours: OtpButton | undefined): TemplateButtons => ({
  ...read,
  buttons: read.buttons.map((button) => {
    const known = ours?.supported_apps ?? [];
    if (button.type !== 'OTP' || known.length === 0 || button.otp_type !== ours?.otp_type) return button;
    const shown = (button.supported_apps ?? []).map(({ package_name: name }) => name);
    const isOurs = shown.every((name) => known.some((app) => app.package_name === name));
    return isOurs ? { ...button, supported_apps: known } : button;
  }),
});

/**
 * Removes Meta's texts, which clients send back with a template that they read. A text of the author's own stays, so
 * that the checks reject it.
 */
export const withoutShownTexts = (
  given: readonly TemplateComponentDefinition[],
  shown: readonly TemplateComponentDefinition[],
): readonly TemplateComponentDefinition[] =>
  isAuthentication(given)
    ? given.map((component) => {
        if (component.type !== 'BODY' && component.type !== 'FOOTER') return component;
        const { text, ...own } = component;
        return text === partOf(shown, component.type)?.text ? own : component;
      })
    : given;
