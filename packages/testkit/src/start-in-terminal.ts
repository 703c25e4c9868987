import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import { environment, type LaunchOptions, scriptOf } from './launch.ts'
import { RunningApp } from './running-app.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))

/**
 * Starts an app on a terminal of its own, made by script(1): what it finds on standard input, output
 * and error is a tty, and all its output arrives in `stdout` with the terminal's CR LF.
 *
 * What is written to `stdin` is typed, so `'\x03'` is Ctrl-C and `'\x04'` Ctrl-D.
 */
export function startInTerminal(
  app: string,
  args: readonly string[],
  options: LaunchOptions = {},
): RunningApp {
  const command = [process.execPath, scriptOf(app), ...args].map(quoted).join(' ')
  const { LOG_FORMAT: _, ...defaults } = environment()
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    cwd: root,
    env: { ...defaults, TERM: 'xterm', ...options.env },
  })
  return new RunningApp(child)
}

/** A word for sh(1), whatever is in it. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`
}
