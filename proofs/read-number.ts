/** A whole number given on the command line; throws with a sentence when it is none. */
export function readNumber(name: string, text: string, most: number): number {
  const value = Number(text);
  if (!/^\d{1,10}$/.test(text) || value > most) {
    throw new Error(`--${name} must be a whole number up to ${most}, not "${text}"`);
  }
  return value;
}
