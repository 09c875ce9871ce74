import { z } from 'zod';
import { ClientView } from '../clients/schemas.ts';
import { EmailText, LineText, TimeZoneText } from '../../platform/text-fields.ts';
import { UserView } from '../users/schemas.ts';
import { passwordProblem } from './rules.ts';

const NewPassword = z
  .string()
  .superRefine((password, context) => {
    const problem = passwordProblem(password);
    if (problem !== undefined) context.addIssue(problem);
  })
  .meta({ description: '8 to 72 bytes in UTF-8', examples: ['Secret123!'] });

export const SignupBody = z.strictObject({
  fullName: LineText.meta({ examples: ['Jane Doe'] }),
  email: EmailText,
  password: NewPassword,
  agreeToTerms: z.literal(true, { error: 'The terms must be agreed to.' }),
  companyName: LineText.optional().meta({ description: 'The full name when not given' }),
  timezone: TimeZoneText.default('UTC'),
});
export type SignupBody = z.output<typeof SignupBody>;

export const LoginBody = z.strictObject({
  email: EmailText,
  // Not the rules for new passwords: what they refuse is simply a wrong password here.
  password: z.string().min(1).max(1_024),
});
export type LoginBody = z.output<typeof LoginBody>;

export const ForgotPasswordBody = z.strictObject({ email: EmailText });

export const ResetPasswordBody = z.strictObject({
  token: z
    .string()
    .regex(/^[A-Za-z0-9_-]{20,128}$/, { error: 'This must be the token of a link from a mail.' })
    .meta({ description: 'What follows `#token=` in the link', examples: ['N2q1…'] }),
  password: NewPassword,
});
export type ResetPasswordBody = z.output<typeof ResetPasswordBody>;

export const ChangePasswordBody = z.strictObject({
  currentPassword: z.string().min(1).max(1_024),
  newPassword: NewPassword,
});
export type ChangePasswordBody = z.output<typeof ChangePasswordBody>;

export const MeView = z.object({ user: UserView, client: ClientView });

export const SignedInView = z
  .object({
    accessToken: z.string().meta({ description: 'For `Authorization: Bearer`; short-lived' }),
    ...MeView.shape,
  })
  .meta({ id: 'SignedIn' });
export type SignedInView = z.input<typeof SignedInView>;
