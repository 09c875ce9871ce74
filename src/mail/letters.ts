import { nameForMail } from './names.ts';
import type { Letter } from './transport.ts';

/** The texts of mails. Names are user input: they pass `nameForMail`, and no subject contains one. */

interface LinkLetter {
  readonly to: string;
  readonly link: string;
}

interface EmailChangeLetter {
  readonly to: string;
  readonly name?: string;
  readonly newEmail?: string;
  /** Missing if the user need not confirm, because an admin started the change. */
  readonly confirmLink?: string;
  readonly rejectLink: string;
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

/** To the address that the user has. `name` and `newEmail` are missing if the address is not confirmed. */
export const emailChangeLetter = ({
  to,
  name,
  newEmail,
  confirmLink,
  rejectLink,
}: EmailChangeLetter): Letter => ({
  to,
  subject: 'Your e-mail address is about to change',
  text: [
    greeting(name),
    '',
    confirmLink === undefined
      ? 'an admin of your company asked to change the e-mail address of your account.'
      : 'somebody who knows your password asked to change the e-mail address of your account.',
    ...(newEmail === undefined ? [] : [`The new address is ${newEmail}.`]),
    '',
    ...(confirmLink === undefined
      ? ['The address changes once its new owner confirms it. If that is not right, stop it here:']
      : [
          'If it was you, confirm it here. The link that we sent to the new address has to be used too:',
          '',
          confirmLink,
          '',
          'If it was not you, stop it here and reset your password:',
        ]),
    '',
    rejectLink,
    '',
    'The links work once, within 24 hours of the request.',
    '',
  ].join('\n'),
});

/** To an address that nobody has confirmed: whoever asked must not choose a word of the mail. */
export const newEmailLetter = ({ to, link }: LinkLetter): Letter => ({
  to,
  subject: 'Confirm your new e-mail address',
  text: [
    'Hello,',
    '',
    'somebody asked to sign in with this e-mail address from now on. Confirm that the address is yours:',
    '',
    link,
    '',
    'The link works once, within 24 hours of the request. It also signs the account out everywhere.',
    'If you did not expect this mail, ignore it: nothing changes.',
    '',
  ].join('\n'),
});

/** In place of the mail before, if the address already has an account. It has no link. */
export const addressInUseLetter = ({ to }: Pick<LinkLetter, 'to'>): Letter => ({
  to,
  subject: 'Your e-mail address is already in use',
  text: [
    'Hello,',
    '',
    'somebody asked to use this e-mail address for another account. You already have an account with it, so nothing changes.',
    '',
    'If it was you, log in to that account, or choose another address for the other one. Otherwise ignore this mail.',
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
