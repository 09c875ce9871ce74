import { createLogger, type Logger } from '../../src/platform/logger.ts';

export interface CapturedLog {
  readonly logger: Logger;
  /** Every line so far, parsed. */
  lines(): Record<string, unknown>[];
  /** Every line so far as it was written, for looking for what must not be there. */
  text(): string;
}

/** A real logger that writes into memory. */
export function captureLog(): CapturedLog {
  const written: string[] = [];
  const destination = { write: (line: string) => void written.push(line) };
  return {
    logger: createLogger({ level: 'debug', name: 'test', destination }),
    lines: () => written.map((line) => JSON.parse(line) as Record<string, unknown>),
    text: () => written.join(''),
  };
}
