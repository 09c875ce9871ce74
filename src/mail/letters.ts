import type { Letter } from './transport.ts';

/** The texts. Names in them are what people have typed, so they stand in sentences and never in links. */

interface LinkLetter {
  readonly to: string;
  readonly name: string;
  readonly link: string;
}

export const resetLetter = ({ to, name, link }: LinkLetter): Letter => ({
  to,
  subject: 'Reset your password',
  text: [
    `Hello ${name},`,
    '',
    'somebody has asked to reset the password of your account. Choose a new one here:',
    '',
    link,
    '',
    'The link works once, for 30 minutes. When it is used, you are signed out everywhere.',
    'If you have not asked for this, ignore this mail: nothing changes.',
    '',
  ].join('\n'),
});

export const invitationLetter = ({
  to,
  name,
  link,
  companyName,
}: LinkLetter & { readonly companyName: string }): Letter => ({
  to,
  subject: 'Your invitation to WhatsApp CRM',
  text: [
    `Hello ${name},`,
    '',
    `${companyName} has made an account for you. Choose a password here:`,
    '',
    link,
    '',
    'The link works once, for 7 days. After that, ask an admin of your company for another.',
    '',
  ].join('\n'),
});
