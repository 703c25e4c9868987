import { parseTarget } from '@sockyard/net/address'
import { type PathOptions, sourceInterface } from '@sockyard/net/connect'

/** The first operand of a client: the server, whose port may be left out. */
export function serverOperand(description: string) {
  return { name: 'HOST[:PORT]', description }
}

/**
 * What `--check` looks at: the address of the server, and the interface to send by.
 *
 * @throws {UsageError} when the operand is no HOST[:PORT]
 * @throws {ConfigurationError} when there is no such interface
 */
export function checkServer(defaultPort: number) {
  return async ({ operands, options }: ServerCommand): Promise<void> => {
    parseTarget(operands[0] ?? '', defaultPort)
    sourceInterface(options)
  }
}

interface ServerCommand {
  operands: readonly string[]
  options: PathOptions
}
