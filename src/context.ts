/** What the program gets from its process, passed down so that only bin.ts touches `process`. */
export interface Context {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly pid: number;
  readonly uid: number;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Aborted by SIGINT, SIGTERM or SIGHUP. */
  readonly signal: AbortSignal;
  /** The folder that holds kernels/, native/ and scenarios/. */
  readonly home: string;
  readonly nodeVersion: string;
  /** Program version, as in package.json. */
  readonly version: string;
}

export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}
