/** Authentication templates: Meta writes their texts and returns another form than it accepts. Pure. */
import { isRecord, textOrNull, type JsonRecord } from '../json.ts';
import { problem, type TemplateProblem } from './problem.ts';
import { buttonsOf, componentOf, typeOf, type Template } from './template.ts';

const OTP_TYPES = ['COPY_CODE', 'ONE_TAP', 'ZERO_TAP'];
const SAMPLE_CODE = '123456';
const ADDRESS = 'https://www.whatsapp.com/otp/code/';

const otpTypeOf = (button: JsonRecord): string => (textOrNull(button['otp_type']) ?? '').toUpperCase();

const isOtp = (button: JsonRecord): boolean => textOrNull(button['type'])?.toUpperCase() === 'OTP';

function otpProblem(button: JsonRecord): TemplateProblem | null {
  const type = otpTypeOf(button);
  if (!OTP_TYPES.includes(type)) {
    return problem(`Param otp_type of a button must be one of {${OTP_TYPES.join(', ')}}.`);
  }
  const { supported_apps: apps } = button;
  if (type !== 'COPY_CODE' && !(Array.isArray(apps) && apps.length > 0)) {
    return problem('A one-tap or zero-tap button needs its supported_apps.');
  }
  return type === 'ZERO_TAP' && button['zero_tap_terms_accepted'] !== true
    ? problem('A zero-tap button needs zero_tap_terms_accepted.')
    : null;
}

/** Problems of the components of an authentication template, except their lengths. */
export function authenticationProblem(components: readonly unknown[]): TemplateProblem | null {
  for (const type of ['BODY', 'FOOTER']) {
    if (componentOf(components, type)?.['text'] !== undefined) {
      return problem(`The ${type} of an authentication template may not have a text.`, 2388072);
    }
  }
  const minutes = componentOf(components, 'FOOTER')?.['code_expiration_minutes'];
  if (
    minutes !== undefined &&
    !(Number.isInteger(minutes) && Number(minutes) >= 1 && Number(minutes) <= 90)
  ) {
    return problem('code_expiration_minutes must be from 1 to 90.', 2388073);
  }
  const [button, ...others] = buttonsOf(components);
  if (button === undefined || !isOtp(button) || others.length > 0) {
    return problem('An authentication template needs one button of type OTP.');
  }
  return otpProblem(button);
}

/** The address of a code button; it names only the first app. */
function addressOf(button: JsonRecord): string {
  const type = otpTypeOf(button);
  const apps = button['supported_apps'];
  const app: unknown = Array.isArray(apps) ? apps[0] : undefined;
  const parameters = new URLSearchParams({
    otp_type: type,
    ...(type === 'COPY_CODE' ? {} : { cta_display_name: textOrNull(button['autofill_text']) ?? 'Autofill' }),
    ...(isRecord(app)
      ? { package_name: String(app['package_name']), signature_hash: String(app['signature_hash']) }
      : {}),
  });
  return `${ADDRESS}?${parameters.toString()}&code=otp{{1}}`;
}

function shownButton(button: JsonRecord): object {
  const url = addressOf(button);
  const text = textOrNull(button['text']) ?? 'Copy code';
  return { type: 'URL', text, url, example: [url.replace('{{1}}', SAMPLE_CODE)] };
}

function shownComponent(component: unknown): unknown {
  if (!isRecord(component)) return component;
  const { add_security_recommendation: isAdvised, code_expiration_minutes: minutes } = component;
  switch (typeOf(component)) {
    case 'BODY': {
      const advice = isAdvised === true ? ' For your security, do not share this code.' : '';
      return {
        type: 'BODY',
        text: `*{{1}}* is your verification code.${advice}`,
        ...(isAdvised === undefined ? {} : { add_security_recommendation: isAdvised }),
        example: { body_text: [[SAMPLE_CODE]] },
      };
    }
    case 'FOOTER':
      return minutes === undefined
        ? component
        : {
            type: 'FOOTER',
            text: `This code expires in ${Number(minutes)} minutes.`,
            code_expiration_minutes: minutes,
          };
    case 'BUTTONS':
      return { type: 'BUTTONS', buttons: buttonsOf([component]).map(shownButton) };
    default:
      return component;
  }
}

/** The components that Meta returns, and with which it compares sends. */
export const shownComponents = ({ components }: Template): readonly unknown[] =>
  buttonsOf(components).some(isOtp) ? components.map(shownComponent) : components;
