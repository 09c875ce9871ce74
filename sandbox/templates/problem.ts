/** `subcode` is Meta's subcode of code 100; absent for problems of the call itself. */
export interface TemplateProblem {
  readonly subcode?: number;
  readonly details: string;
}

export const problem = (details: string, subcode?: number): TemplateProblem =>
  subcode === undefined ? { details } : { details, subcode };

export const tooLong = (what: string, limit: number): TemplateProblem =>
  problem(`The ${what} must be at most ${limit} characters long.`, 2388040);
