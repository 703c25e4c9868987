import { runDatagramThread } from '@sockyard/service/run-datagram-thread'

import { BatchEcho, type BatchEchoData } from './batch-echo.ts'

runDatagramThread((socket, data, post) => {
  const echo = new BatchEcho(socket, data as BatchEchoData, post)
  return { batch: () => echo.received, onBatch: () => echo.answer() }
})
