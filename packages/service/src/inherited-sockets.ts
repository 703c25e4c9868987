import { UsageError } from './errors.ts'
import type { PassedSocket, PassedSockets } from './passed-sockets.ts'
import { WorkWatch } from './work-watch.ts'

type Kind = PassedSocket['kind']
type Fits = (socket: PassedSocket) => boolean

const KINDS: Readonly<Record<Kind, string>> = {
  listener: 'a listening TCP socket',
  connection: 'a TCP connection',
  datagram: 'a UDP socket',
}

/** What all the views of one process's sockets share. */
interface Shared {
  readonly passed: PassedSockets
  readonly waiting: Set<PassedSocket>
  readonly work: WorkWatch
}

/**
 * The sockets that a service was started with, instead of opening its own. Each is taken once, by the server that
 * serves it.
 */
export class InheritedSockets {
  readonly #shared: Shared
  readonly #fits: Fits

  private constructor(shared: Shared, fits: Fits) {
    this.#shared = shared
    this.#fits = fits
  }

  /** @param idleMillis how long a process that inetd has started for many clients waits for another one */
  static of(passed: PassedSockets, idleMillis: number): InheritedSockets {
    const waiting = new Set(passed.sockets)
    const work = new WorkWatch(patience(passed, idleMillis))
    return new InheritedSockets({ passed, waiting, work }, () => true)
  }

  /** Whether none was passed: the service then opens its own. */
  get isEmpty(): boolean {
    return this.#shared.passed.sockets.length === 0
  }

  /** Whether the process ends with its work, and others like it may run beside it. */
  get isTransient(): boolean {
    return isTransient(this.#shared.passed)
  }

  /** Whom a passed connection is from (REMOTE_ADDR), as whoever accepted it says. */
  get remoteAddress(): string | undefined {
    return this.#shared.passed.remoteAddress
  }

  get work(): WorkWatch {
    return this.#shared.work
  }

  /** Those of them that fit, for a service that serves several things; what is taken there is taken here. */
  where(fits: Fits): InheritedSockets {
    return new InheritedSockets(this.#shared, (socket) => this.#fits(socket) && fits(socket))
  }

  /** Whether one of these kinds waits to be taken. */
  has(...kinds: readonly Kind[]): boolean {
    return this.#waiting(kinds).length > 0
  }

  /** Of those of a kind that wait to be taken, in the order in which they are given away. */
  familiesOf(kind: Kind): ('IPv4' | 'IPv6')[] {
    return this.#waiting([kind]).map(({ family }) => family)
  }

  /**
   * Gives one of these kinds away, to a server that serves and closes it.
   *
   * @throws {UsageError} when there is none
   */
  take(...kinds: readonly [Kind, ...Kind[]]): PassedSocket {
    const [socket] = this.#waiting(kinds)
    if (socket === undefined) throw this.#refusal(`needs ${KINDS[kinds[0]]}`)
    this.#shared.waiting.delete(socket)
    return socket
  }

  /** @throws {UsageError} when a socket was passed that nobody has taken */
  checkAllTaken(): void {
    const [left] = this.#shared.waiting
    if (left === undefined) return
    throw this.#refusal(`no use for ${KINDS[left.kind]}, bound to port ${left.port}`)
  }

  #waiting(kinds: readonly Kind[]): PassedSocket[] {
    return [...this.#shared.waiting].filter((each) => kinds.includes(each.kind) && this.#fits(each))
  }

  #refusal(reason: string): UsageError {
    const isInetd = this.#shared.passed.by === 'inetd'
    return new UsageError(isInetd ? '--inetd' : 'LISTEN_FDS', undefined, reason)
  }
}

function isTransient({ by, sockets }: PassedSockets): boolean {
  return by === 'inetd' || sockets.some(({ kind }) => kind === 'connection')
}

/** A process for one connection ends with it; one that a service manager activated stays. */
function patience(passed: PassedSockets, idleMillis: number): number | undefined {
  if (passed.sockets.some(({ kind }) => kind === 'connection')) return 0
  return isTransient(passed) ? idleMillis : undefined
}
