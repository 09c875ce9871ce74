const minimumPasswordBytes = 8;
/** bcrypt reads no further; a longer password would be cut in silence. */
const maximumPasswordBytes = 72;

/** Why a password cannot be taken, or undefined. */
export function passwordProblem(password: string): string | undefined {
  const bytes = Buffer.byteLength(password);
  if (bytes < minimumPasswordBytes) return `The password must have at least ${minimumPasswordBytes} bytes.`;
  if (bytes > maximumPasswordBytes) return `The password must have at most ${maximumPasswordBytes} bytes.`;
  if (password.includes('\0')) return 'The password must not contain the character NUL.';
  return undefined;
}

/** Whether a text is the name of a time zone, as "Europe/Berlin"; offsets as "+02:00" are none. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
