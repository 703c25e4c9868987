import type { EventEmitter } from 'node:events'

import type { Notification } from '../core/notification.ts'

type Notifier = EventEmitter<{ notification: [Notification] }>

/**
 * Waits until an association is told `type`.
 * @throws {AssociationError} when the association is lost before
 * @throws the signal's reason when it is aborted before
 */
export function waitForNotification(
  notifier: Notifier,
  association: number,
  type: Notification['type'],
  signal?: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (done: () => void) => {
      notifier.off('notification', onNotification)
      signal?.removeEventListener('abort', onAbort)
      done()
    }
    const onAbort = () => settle(() => reject(signal?.reason as Error))
    const onNotification = (notification: Notification) => {
      if (notification.association !== association) return
      if (notification.type === type) settle(resolve)
      else if (notification.type === 'association-lost') settle(() => reject(notification.error))
    }
    notifier.on('notification', onNotification)
    signal?.addEventListener('abort', onAbort)
    if (signal?.aborted) onAbort()
  })
}
