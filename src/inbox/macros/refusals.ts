import { AppError, type Issue } from '../../platform/errors.ts';

/** Where an action stands in its macro. */
export const pathOfAction = (index: number): string => `macro.actions.${index}`;

/** The refusal of one action as that of the macro: with its place, and where it is, the part of it. */
export function refusedAt(index: number, { code, message, errors, extensions }: AppError): AppError {
  const path = pathOfAction(index);
  const issues: readonly Issue[] =
    errors.length === 0
      ? [{ path, message }]
      : errors.map((issue) => ({ ...issue, path: issue.path.replace(/^body(?=\.|$)/, path) }));
  return new AppError(
    code,
    `Nothing was done, because action ${index + 1} of the macro was refused: ${message}`,
    {
      errors: issues,
      extensions,
    },
  );
}

/** Runs a step of the action; a refusal names the action. Failures stay what they are. */
export async function atAction<T>(index: number, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    throw error instanceof AppError && error.isRefusal ? refusedAt(index, error) : error;
  }
}
