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
