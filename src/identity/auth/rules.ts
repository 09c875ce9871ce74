const minPasswordBytes = 8;
/** bcrypt reads no further; a longer password would be cut in silence. */
const maxPasswordBytes = 72;

/** Why a password cannot be taken, or undefined. */
export function passwordProblem(password: string): string | undefined {
  const bytes = Buffer.byteLength(password);
  if (bytes < minPasswordBytes) return `The password must have at least ${minPasswordBytes} bytes.`;
  if (bytes > maxPasswordBytes) return `The password must have at most ${maxPasswordBytes} bytes.`;
  if (password.includes('\0')) return 'The password must not contain the character NUL.';
  return undefined;
}
