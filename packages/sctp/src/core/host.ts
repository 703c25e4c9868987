import type { Association } from './association.ts'
import type { Message, Notification } from './notification.ts'
import type { ProtocolParameters } from './protocol-parameters.ts'
import type { Route } from './transport-address.ts'

/** What goes out of the core: packets and events. */
export interface Outlet {
  /**
   * A whole SCTP packet, to be put into one UDP datagram that leaves from `to.local`. IP may fragment it
   * when it is `in-fragments`, longer than the path is known to carry, but must not when it is `whole`.
   */
  transmit(packet: Uint8Array, to: Route, how: 'whole' | 'in-fragments'): void
  /** A message has arrived. */
  deliver(message: Message): void
  notify(notification: Notification): void
}

/** What an association needs of the engine that holds it. */
export interface Host extends Outlet {
  readonly parameters: ProtocolParameters
  readonly localPort: number
  /** Milliseconds of a clock that only goes forward: the time of the event being worked on. */
  readonly now: number
  /**
   * The MTU of the interface that has our address `local`; undefined where packets cannot be kept from
   * being fragmented, so that nothing about the path could be learned from those that arrive.
   */
  linkMtu(local: string): number | undefined
  /** Unpredictable bytes. */
  random(size: number): Uint8Array
  /** The association has something to send: `flush` will visit it. */
  touch(association: Association): void
  /** The association has ended: forget it. */
  forget(association: Association): void
  /** The association is now to be found by another tag, or another address. */
  relocate(association: Association, change: () => void): void
}
