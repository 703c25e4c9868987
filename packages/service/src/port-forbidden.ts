import type { NetworkError } from './errors.ts'

const FORBIDDING: ReadonlySet<string> = new Set(['EADDRINUSE', 'EACCES'])

/** Whether the port is not ours to have (bind(2)); any other error may pass with the network. */
export function isPortForbidden({ code }: NetworkError): boolean {
  return FORBIDDING.has(code ?? '')
}
