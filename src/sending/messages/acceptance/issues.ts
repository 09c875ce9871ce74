import { AppError, type Issue } from '../../../platform/errors.ts';

/** The refusal of a request, with every issue of its input. */
export const invalidInput = (issues: readonly Issue[]): AppError =>
  new AppError('invalid-input', 'The message cannot be sent.', { errors: issues });

export function assertNoIssues(issues: readonly Issue[]): void {
  if (issues.length > 0) throw invalidInput(issues);
}

/**
 * Runs a check. If it throws `invalid-input`, collects its issues and returns null. Any other refusal (404, 409)
 * presumes valid input: issues collected so far are thrown in its place.
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
