import type { TcpConnection } from '@sockyard/service/tcp-server'

import type { ServeOptions } from './config.ts'
import { Delivery } from './delivery.ts'
import { Listener } from './listener.ts'
import type { Mode, ModeTools } from './mode.ts'

/** The seed's server: what one sends goes byte for byte to all the others, and nothing else is said. */
export function createRelay(options: ServeOptions, { metrics, log }: ModeTools): Mode {
  const listeners = new Map<TcpConnection, Listener>()
  const delivery = new Delivery(metrics, ({ socket }) => {
    metrics.dropped('slow-reader')
    log.warn({ address: socket.remoteAddress, reason: 'slow-reader' }, 'dropped')
  })

  const enter = (connection: TcpConnection): void => {
    const { id, socket, address } = connection
    const listener = new Listener(socket, options)
    listeners.set(connection, listener)
    delivery.enter(listener)
    log.info({ id, address }, 'connected')
    socket.on('data', (bytes: Buffer) => {
      const speak = (): void => delivery.sayToOthers(listener, bytes)
      if (delivery.isOpen) speak()
      else delivery.wait(listener, speak)
    })
    socket.once('end', () => delivery.leave(listener))
    socket.once('close', () => {
      listeners.delete(connection)
      delivery.forget(listener)
      log.info({ id, address }, 'disconnected')
    })
  }
  return {
    idleMillis: options.idleTimeout,
    enter,
    refuse: () => {},
    dismiss: (connection) => {
      const listener = listeners.get(connection)
      if (listener !== undefined) delivery.leave(listener)
    },
    sweep: (now) => delivery.cutSlowReaders(now),
  }
}
