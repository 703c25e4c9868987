import { ReceiveBatch } from '@sockyard/posix/receive-batch'

import type { BatchReceiverData, BatchReceiverMessage } from './batch-receiver.ts'
import { runDatagramThread } from './run-datagram-thread.ts'

/** The thread of BatchReceiver: its batches take turns. */
runDatagramThread((_socket, data, postAny) => {
  const { free, ...sizes } = data as BatchReceiverData
  const post = (message: BatchReceiverMessage): void => postAny(message)
  const batches = Array.from(free, () => new ReceiveBatch(sizes))
  for (const batch of batches) post(batch.shared)
  let turn = 0
  return {
    batch() {
      Atomics.wait(free, turn, 0)
      return batches[turn]
    },
    onBatch({ count }) {
      Atomics.store(free, turn, 0)
      post({ batch: turn, count })
      turn = (turn + 1) % batches.length
    },
  }
})
