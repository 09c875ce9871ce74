const minPasswordBytes = 8;
/** bcrypt silently ignores all bytes after these. */
const maxPasswordBytes = 72;

/** Why a new password is refused; undefined if it is accepted. */
export function passwordProblem(password: string): string | undefined {
  const bytes = Buffer.byteLength(password);
  if (bytes < minPasswordBytes) return `The password must have at least ${minPasswordBytes} bytes.`;
  if (bytes > maxPasswordBytes) return `The password must have at most ${maxPasswordBytes} bytes.`;
  if (password.includes('\0')) return 'The password must not contain a NUL character.';
  return undefined;
}
