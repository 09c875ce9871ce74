import { AppError, type Issue } from '../../../platform/errors.ts';

/** Refuses a request by all that is wrong with its input. */
export const invalidInput = (issues: readonly Issue[]): AppError =>
  new AppError('invalid-input', 'The message cannot be sent.', { errors: issues });

export function assertNoIssues(issues: readonly Issue[]): void {
  if (issues.length > 0) throw invalidInput(issues);
}

/**
 * What a check finds, or null after it has added what it says of the input. Any other refusal (404, 409) is about
 * valid input: it is thrown unless something is wrong already.
 */
export async function findOrCollect<Found>(
  issues: Issue[],
  find: () => Found | Promise<Found>,
): Promise<Found | null> {
  try {
    return await find();
  } catch (error) {
    if (!(error instanceof AppError) || !error.isRefusal) throw error;
    if (error.code !== 'invalid-input') {
      assertNoIssues(issues);
      throw error;
    }
    issues.push(...error.errors);
    return null;
  }
}
