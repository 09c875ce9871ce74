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
 * Authentication templates. Meta writes their texts, and gives them back in another form than it takes them: with the
 * texts in its language, and with the address behind the code button instead of the button. Here they have the form
 * in which they are written, and Meta's texts beside it for who looks at them. Pure.
 */

/** The address behind the code button. */
const otpAddress = /^https:\/\/www\.whatsapp\.com\/otp\//;

/** Whether a send gives one code, which Meta writes into its own text. */
export const isAuthentication = (components: readonly TemplateComponentDefinition[]): boolean =>
  (partOf(components, 'BUTTONS')?.buttons ?? []).some(
    (button) => button.type === 'OTP' || (button.type === 'URL' && otpAddress.test(button.url)),
  );

/** The code button that Meta shows as this address; null for any other address, and for a kind that we do not know. */
export function otpOfAddress(url: string, text: string): OtpButton | null {
  if (!otpAddress.test(url)) return null;
  const parameters = new URL(url).searchParams;
  const type = otpTypes.find((known) => known === parameters.get('otp_type')?.toUpperCase());
  if (type === undefined) return null;
  const wordOf = (name: string): string => parameters.get(name) ?? '';
  const [fill, app] = [wordOf('cta_display_name'), wordOf('package_name')];
  // A hash in base64 has no space: it was a plus that nobody had escaped.
  const hash = wordOf('signature_hash').replaceAll(' ', '+');
  return {
    ...{ type: 'OTP', otp_type: type },
    ...(text === '' ? {} : { text }),
    ...(fill === '' ? {} : { autofill_text: fill }),
    // There is no such template whose terms were not accepted.
    ...(type === 'ZERO_TAP' ? { zero_tap_terms_accepted: true } : {}),
    ...(app === '' || hash === '' ? {} : { supported_apps: [{ package_name: app, signature_hash: hash }] }),
  };
}

const maxMinutes = 90;

/** What Meta's text says in words, where it does not say it in a field: in how many minutes the code expires. */
export function withMinutes(footer: TemplateFooter): TemplateFooter {
  if (footer.code_expiration_minutes !== undefined) return footer;
  const minutes = Number(/\d+/.exec(footer.text ?? '')?.[0]);
  return minutes >= 1 && minutes <= maxMinutes ? { ...footer, code_expiration_minutes: minutes } : footer;
}

/** What was read from Meta, with what it leaves out as we know it: its advice, and all but the first app. */
export const completed = (
  read: readonly TemplateComponentDefinition[],
  ours: readonly TemplateComponentDefinition[],
): readonly TemplateComponentDefinition[] =>
  isAuthentication(read) ? read.map((component) => completedBy(component, ours)) : read;

function completedBy(
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

/** Ours are kept when Meta shows none of them, or one of them. */
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
 * What an author gives for a template, without those of Meta's texts that the author was shown with it: they are left
 * out, because Meta writes them anew, and only a text of the author's own is one too many.
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
