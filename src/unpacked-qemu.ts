/** The QEMU of the distribution's backports, as a scenario names it; its cells are skipped where it is not. */
export const unpackedQemuName = 'backports';
