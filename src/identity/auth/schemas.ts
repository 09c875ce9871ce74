import { z } from 'zod';
import { clientExample, ClientView } from '../clients/schemas.ts';
import { EmailText, LineText, TimeZoneText } from '../../platform/text-fields.ts';
import { userExample, UserView } from '../users/schemas.ts';
import { passwordProblem } from './rules.ts';

const NewPassword = z
  .string()
  .superRefine((password, context) => {
    const problem = passwordProblem(password);
    if (problem !== undefined) context.addIssue(problem);
  })
  .meta({ description: '8 to 72 bytes in UTF-8, none that attackers try first' });

const credentialsExample = { email: 'jane@example.com', password: 'Seven-otters-like-tea' };

export const SignupBody = z
  .strictObject({
    fullName: LineText,
    email: EmailText,
    password: NewPassword,
    agreeToTerms: z.literal(true, { error: 'Must be true: sign-up requires agreement to the terms.' }),
    companyName: LineText.optional().meta({ description: 'The full name if not given' }),
    timezone: TimeZoneText.default('UTC'),
  })
  .meta({
    id: 'SignUpBusinessBody',
    examples: [
      {
        fullName: 'Jane Doe',
        ...credentialsExample,
        agreeToTerms: true,
        companyName: 'Doe & Sons',
        timezone: 'Europe/Berlin',
      },
    ],
  });
export type SignupBody = z.output<typeof SignupBody>;

export const LoginBody = z
  .strictObject({
    email: EmailText,
    // The rules for new passwords do not apply: a password that breaks them is simply wrong.
    password: z.string().min(1).max(1_024),
  })
  .meta({ id: 'LogInUserBody', examples: [credentialsExample] });
export type LoginBody = z.output<typeof LoginBody>;

export const ForgotPasswordBody = z
  .strictObject({ email: EmailText })
  .meta({ id: 'RequestPasswordResetBody', examples: [{ email: credentialsExample.email }] });

const LinkToken = z
  .string()
  .regex(/^[A-Za-z0-9_-]{20,128}$/, { error: 'Must be the token of a link from a mail.' })
  .meta({ description: 'The part of the link after `#token=`' });

export const ConfirmEmailBody = z
  .strictObject({ token: LinkToken })
  .meta({ id: 'ConfirmEmailBody', examples: [{ token: 'example-token-from-the-mail' }] });

export const RequestConfirmationBody = z
  .strictObject({ email: EmailText })
  .meta({ id: 'RequestEmailConfirmationBody', examples: [{ email: 'john@example.com' }] });

export const ResetPasswordBody = z
  .strictObject({
    token: LinkToken,
    password: NewPassword,
  })
  .meta({
    id: 'ResetPasswordBody',
    examples: [{ token: 'example-token-from-the-mail', password: 'Nine-herons-like-rain' }],
  });
export type ResetPasswordBody = z.output<typeof ResetPasswordBody>;

export const ChangePasswordBody = z
  .strictObject({
    currentPassword: z.string().min(1).max(1_024),
    newPassword: NewPassword,
  })
  .meta({
    id: 'ChangePasswordBody',
    examples: [{ currentPassword: 'Seven-otters-like-tea', newPassword: 'Nine-herons-like-rain' }],
  });
export type ChangePasswordBody = z.output<typeof ChangePasswordBody>;

export const RequestEmailChangeBody = z
  .strictObject({
    newEmail: EmailText,
    currentPassword: z.string().min(1).max(1_024).meta({ description: 'The password of the caller' }),
  })
  .meta({
    id: 'RequestEmailChangeBody',
    examples: [{ newEmail: 'jane.doe@example.com', currentPassword: 'Seven-otters-like-tea' }],
  });
export type RequestEmailChangeBody = z.output<typeof RequestEmailChangeBody>;

export const EmailChangeProgressView = z
  .object({
    state: z.enum(['waiting', 'changed']).meta({
      description:
        '`waiting`: the link of the other mail has to be used too; `changed`: log in with the new address',
    }),
  })
  .meta({ id: 'EmailChangeProgress', examples: [{ state: 'waiting' }] });

const meExample = { user: userExample, client: clientExample };

export const MeView = z
  .object({ user: UserView, client: ClientView })
  .meta({ id: 'CurrentUser', examples: [meExample] });

export const SignedInView = z
  .object({
    accessToken: z.string().meta({ description: 'For `Authorization: Bearer`; short-lived' }),
    ...MeView.shape,
  })
  .meta({ id: 'SignedIn', examples: [{ accessToken: 'header.payload.signature', ...meExample }] });
export type SignedInView = z.input<typeof SignedInView>;
