import { Connection } from '../connection.ts'
import type { Notification } from '../core/notification.ts'
import type { Endpoint } from '../endpoint.ts'

/**
 * Makes a `Connection` of every association that comes up on an endpoint, and gives each what is its
 * own. `onClosed` is called by a connection that was closed on this side.
 */
export function routeConnections(
  endpoint: Endpoint,
  onConnection: (connection: Connection) => void,
  onClosed: () => Promise<void>,
): void {
  const connections = new Map<number, Connection>()
  endpoint.on('message', (message) => connections.get(message.association)?.receive(message))
  endpoint.on('notification', (notification: Notification) => {
    const { association, type } = notification
    if (type === 'association-up' && !notification.restarted) {
      const connection = new Connection(endpoint, notification, onClosed)
      connections.set(association, connection)
      onConnection(connection)
    }
    connections.get(association)?.take(notification)
    if (type === 'shutdown-complete' || type === 'association-lost') connections.delete(association)
  })
}
