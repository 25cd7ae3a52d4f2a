/** A Linux kernel's log, read. Pure. */

export interface LogLine {
  /** On the log's own clock, which stands still at 0 until the kernel knows its time stamp counter. */
  readonly seconds: number;
  readonly text: string;
}

/** `<level>[ seconds]`, with the caller's thread or CPU where the kernel has CONFIG_PRINTK_CALLER. */
const head = /^(?:<\d+>)?\[\s*(\d+\.\d+)\](?:\[\s*[TC]\d+\])? (.*)$/;

/** Lines without a time are left out: those of a message that has several, after its first. */
export function parseKernelLog(text: string): readonly LogLine[] {
  return text.split('\n').flatMap((line) => {
    const [, seconds, rest] = head.exec(line) ?? [];
    return seconds === undefined || rest === undefined
      ? []
      : [{ seconds: Number(seconds), text: rest }];
  });
}
