import { setFlagsFromString } from 'node:v8'

/**
 * While an app starts, hundreds of files are loaded and each function runs a few times: to optimize them would cost
 * more than it brings, and the optimizing compilers, once used, hold 10 MB. Room for many short-lived
 * objects would be 4 MB more.
 */
const WHILE_STARTING = ['--no-maglev', '--no-opt', '--semi-space-growth-factor=1']
const AFTERWARDS = ['--maglev', '--opt', '--semi-space-growth-factor=2']

/** The app is loaded from now on; to be called before its files are. */
export function beginStartUp(): void {
  for (const setting of WHILE_STARTING) setFlagsFromString(setting)
}

/** The app does its work from now on, at full speed. */
export function endStartUp(): void {
  for (const setting of AFTERWARDS) setFlagsFromString(setting)
}
