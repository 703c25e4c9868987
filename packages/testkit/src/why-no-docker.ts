import { execFileSync } from 'node:child_process'

let known: { reason: string | undefined } | undefined

/** One line saying why containers cannot be run here, or undefined when they can. */
export function whyNoDocker(): string | undefined {
  known ??= { reason: askDocker() }
  return known.reason
}

function askDocker(): string | undefined {
  try {
    execFileSync('docker', ['version', '--format', '{{.Server.Version}}'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 15_000,
    })
    return undefined
  } catch (error) {
    return `Docker does not answer: ${firstLine(error)}`
  }
}

function firstLine(error: unknown): string {
  const { stderr, message } = error as { stderr?: Buffer; message: string }
  const text = stderr?.toString().trim() || message
  return text.split('\n', 1)[0] ?? text
}
