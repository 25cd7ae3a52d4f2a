/** The exit codes, and the errors that stand for them. A user's mistake never prints a stack trace. */

export const exitCodes = {
  fine: 0,
  regression: 1,
  usage: 2,
  environment: 3,
  inconclusive: 4,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** What `git bisect run` reads: 1 to 124 bad, 125 cannot be tested, above 127 stop. */
const bisectCodes: Readonly<Record<ExitCode, number>> = {
  [exitCodes.fine]: 0,
  [exitCodes.regression]: 1,
  [exitCodes.inconclusive]: 125,
  [exitCodes.environment]: 125,
  [exitCodes.usage]: 128,
  [exitCodes.interrupted]: 130,
};

export function bisectCode(code: ExitCode): number {
  return bisectCodes[code];
}

/** An error whose message is all the user needs to see. */
export class BasepointError extends Error {
  constructor(
    message: string,
    readonly exitCode: ExitCode,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** Wrong command line, scenario or limits. */
export class UsageError extends BasepointError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, exitCodes.usage, options);
  }
}

/** The host, a package or a run that could not do what was asked. The message says what to do. */
export class EnvironmentError extends BasepointError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, exitCodes.environment, options);
  }
}

export class InterruptedError extends BasepointError {
  constructor() {
    super('interrupted', exitCodes.interrupted);
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
