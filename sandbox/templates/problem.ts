/** `subcode` as Meta gives it with code 100; absent for what is wrong with the call itself. */
export interface TemplateProblem {
  readonly subcode?: number;
  readonly details: string;
}

export const problem = (details: string, subcode?: number): TemplateProblem =>
  subcode === undefined ? { details } : { details, subcode };

export const tooLong = (what: string, limit: number): TemplateProblem =>
  problem(`The ${what} must be at most ${limit} characters long.`, 2388040);
