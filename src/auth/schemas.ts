import { z } from 'zod';
import { ClientView } from '../clients/schemas.ts';
import { UserView } from '../users/schemas.ts';
import { isTimeZone, passwordProblem } from './rules.ts';

const Email = z
  .string()
  .max(320)
  .trim()
  .toLowerCase()
  .pipe(z.email({ error: 'This must be an e-mail address.' }).max(254))
  .meta({ format: 'email', examples: ['jane@example.com'] });

/** Text that people see: without control characters, which could only be there to confuse. */
const Name = z
  .string()
  .trim()
  .min(1)
  .max(120)
  .regex(/^\P{Cc}*$/u, { error: 'This must not contain control characters.' });

const NewPassword = z
  .string()
  .superRefine((password, context) => {
    const problem = passwordProblem(password);
    if (problem !== undefined) context.addIssue(problem);
  })
  .meta({ description: '8 to 72 bytes in UTF-8', examples: ['Secret123!'] });

const TimeZone = z
  .string()
  .refine(isTimeZone, { error: 'This must be an IANA time zone such as Europe/Berlin.' })
  .meta({ examples: ['Europe/Berlin'] });

export const SignupBody = z.strictObject({
  fullName: Name,
  email: Email,
  password: NewPassword,
  agreeToTerms: z.literal(true, { error: 'The terms must be agreed to.' }),
  companyName: Name.optional().meta({ description: 'The full name when not given' }),
  timezone: TimeZone.default('UTC'),
});
export type SignupBody = z.output<typeof SignupBody>;

export const LoginBody = z.strictObject({
  email: Email,
  // Not the rules for new passwords: what they refuse is simply a wrong password here.
  password: z.string().min(1).max(1_024),
});
export type LoginBody = z.output<typeof LoginBody>;

export const MeView = z.object({ user: UserView, client: ClientView });

export const SignedInView = z
  .object({
    accessToken: z.string().meta({ description: 'For `Authorization: Bearer`; short-lived' }),
    ...MeView.shape,
  })
  .meta({ id: 'SignedIn' });
export type SignedInView = z.input<typeof SignedInView>;
