/** What ends one cell and leaves the others alone; every other error of this stage ends the run. */
import { EnvironmentError, messageOf } from '../errors.js';
import { DialogueFailure } from '../qemu/dialogue.js';

/** A cell that nothing can be started from: its kernel, template or base point is at fault. */
export class CellFault extends EnvironmentError {
  /**
   * @param message one line
   * @param evidence what the guest and QEMU said; empty where neither was started
   */
  constructor(
    message: string,
    readonly evidence = '',
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** @param what could not be done */
export function faultOf(what: string, error: unknown): CellFault {
  const evidence = error instanceof DialogueFailure ? error.evidence : '';
  const why = messageOf(error).replaceAll(/\s*\n\s*/g, ' ');
  return new CellFault(`${what}: ${why}`, evidence, { cause: error });
}
