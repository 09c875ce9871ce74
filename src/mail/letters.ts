import { nameForMail } from './names.ts';
import type { Letter } from './transport.ts';

/** The texts of mails. Names are user input: they pass `nameForMail`, and no subject contains one. */

interface LinkLetter {
  readonly to: string;
  readonly link: string;
}

/** For an address that nobody has confirmed: whoever signed up with it must not choose a word of the mail. */
export const confirmationLetter = ({ to, link }: LinkLetter): Letter => ({
  to,
  subject: 'Confirm your e-mail address',
  text: [
    'Hello,',
    '',
    'an account was created with this e-mail address. Confirm that the address is yours:',
    '',
    link,
    '',
    'The link works once, for 24 hours. Until then the account cannot invite others or connect a real number.',
    'If you did not create the account, ignore this mail: the address stays unconfirmed.',
    '',
  ].join('\n'),
});

/** `name` is missing if the address is not confirmed. */
export const resetLetter = ({ to, name, link }: LinkLetter & { readonly name?: string }): Letter => ({
  to,
  subject: 'Reset your password',
  text: [
    greeting(name),
    '',
    'we received a request to reset the password of your account. Choose a new one here:',
    '',
    link,
    '',
    'The link works once, for 30 minutes. Using it signs you out everywhere.',
    'If you did not request this, ignore this mail: nothing changes.',
    '',
  ].join('\n'),
});

/** To a stranger: the inviter chose both names, and the mail says so. */
export const invitationLetter = ({
  to,
  name,
  link,
  companyName,
}: LinkLetter & { readonly name: string; readonly companyName: string }): Letter => ({
  to,
  subject: 'Your invitation to WhatsApp CRM',
  text: [
    greeting(name),
    '',
    `${quoted(companyName) ?? 'A business'} has created an account for you. Choose a password here:`,
    '',
    link,
    '',
    'The link works once, for 7 days. After that, ask an admin of your company for a new one.',
    'The inviter wrote the names in this mail; we have not checked them. If you do not expect an invitation, ignore it.',
    '',
  ].join('\n'),
});

function greeting(name: string | undefined): string {
  const shown = name === undefined ? undefined : nameForMail(name);
  return shown === undefined ? 'Hello,' : `Hello ${shown},`;
}

function quoted(name: string): string | undefined {
  const shown = nameForMail(name);
  return shown === undefined ? undefined : `“${shown}”`;
}
