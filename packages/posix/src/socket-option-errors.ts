/** No option has this name. */
export class UnknownSocketOptionError extends Error {
  override readonly name = 'UnknownSocketOptionError'
  readonly option: string

  constructor(option: string) {
    super(`${option} is no socket option that is known here`)
    this.option = option
  }
}

/** The option can only be read, or only be set. */
export class SocketOptionAccessError extends Error {
  override readonly name = 'SocketOptionAccessError'
  readonly option: string

  constructor(option: string, refused: 'read' | 'set') {
    super(`${option} can be ${refused === 'read' ? 'set' : 'read'} only`)
    this.option = option
  }
}

/** The value is not one of the option's; `allowed` says in words what is. */
export class SocketOptionValueError extends RangeError {
  override readonly name = 'SocketOptionValueError'
  readonly option: string
  readonly allowed: string

  constructor(option: string, allowed: string, value: unknown) {
    super(`${option} is ${allowed}, not ${JSON.stringify(value)}`)
    this.option = option
    this.allowed = allowed
  }
}
