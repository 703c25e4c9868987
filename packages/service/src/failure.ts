import type { ErrorClass, NetworkError } from './errors.ts'

/** Why a run failed, as the `end` of every measuring client holds it (docs/schemas). */
interface Failure {
  errorClass: ErrorClass
  message: string
  host?: string
  port?: number
  code?: string
}

/** The facts of an error that are known, without the rest. */
export function failureOf(error: NetworkError): Failure {
  const { errorClass, message, host, port, code } = error
  return {
    errorClass,
    message,
    ...(host !== undefined && { host }),
    ...(port !== undefined && { port }),
    ...(code !== undefined && { code }),
  }
}
