/** Where a failed start's log lies, below the run's folder: the name the run's folder gives it. */

/** Holds only word characters, dots and dashes, whatever the cell is called. */
export function logName(cell: string, order: string): string {
  return `${cell.replaceAll(/[^\w.-]+/g, '-')}-${order.replaceAll(/\D/g, '')}.log`;
}
