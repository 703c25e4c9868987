import { networkInterfaces } from 'node:os'

import type { NativeSocket } from '@sockyard/posix/native-socket'
import { shareBySource } from '@sockyard/posix/share-by-source'
import { getSocketOption, setSocketOption } from '@sockyard/posix/socket-options'
import { listenAnywhere } from '@sockyard/service/listen'
import { showOptionsOf } from '@sockyard/service/listening-sockets'
import { type NativeUdpAddress, openNativeUdpSocket } from '@sockyard/service/native-udp-socket'
import { enlargeReceiveBuffer } from '@sockyard/service/receive-buffer'

import { BatchWorker } from './batch-worker.ts'
import type { EchoEngine, EngineParts } from './echo-engine.ts'
import { RefusalLog } from './refusal-log.ts'

/** Where the engine is bound. */
interface Bound {
  address: string
  port: number
  sockets: readonly NativeSocket[]
}

/**
 * Echoes many datagrams a system call: Linux, where koffi is. With one worker in the event loop, which is as fast as
 * a thread that waits and takes 12 MB less; with several in threads that do nothing else.
 */
export function createBatchEngine(parts: EngineParts): EchoEngine {
  const { options, log, family, metrics } = parts
  let workers: readonly BatchWorker[] = []
  let hide: (() => void)[] = []
  return {
    async start() {
      const { host, port } = options
      const bound = await listenAnywhere({ host, port, family }, async (address, ipv6Only) =>
        open({ host: address, port, ipv6Only }, options.workers),
      )
      for (const socket of bound.sockets) enlarge(socket, parts)
      const { address, port: boundPort, sockets } = bound
      hide = sockets.map((target) =>
        showOptionsOf(metrics, { transport: 'udp', address, port: boundPort, target }),
      )
      const refusals = new RefusalLog(log)
      workers = bound.sockets.map((each) => new BatchWorker(each, bound.port, parts, refusals))
      await Promise.all(workers.map(({ started }) => started))
      const at = { transport: 'udp', address, port: boundPort }
      log.info({ ...at, engine: 'batch', workers: workers.length }, 'listening')
    },
    async stop() {
      for (const hideOne of hide) hideOne()
      await Promise.all(workers.map((worker) => worker.stop()))
    },
  }
}

/** One socket for each worker, all at one port; the sources are shared out among them. */
function open(at: NativeUdpAddress, workers: number): Bound {
  const reusePort = workers > 1
  const details = isOwnAddress(at.host) ? ([] as const) : (['destination'] as const)
  const nonBlocking = workers === 1
  const first = openNativeUdpSocket({ ...at, reusePort, nonBlocking, details })
  const sockets = [first.socket]
  try {
    while (sockets.length < workers)
      sockets.push(openNativeUdpSocket({ ...at, port: first.port, reusePort, details }).socket)
    if (reusePort) shareBySource(first.socket, workers)
    return { address: at.host, port: first.port, sockets }
  } catch (error) {
    for (const socket of sockets) socket.close()
    throw error
  }
}

/** What is bound to one address of ours gets nothing else: the kernel need not tell the destination of each. */
function isOwnAddress(host: string): boolean {
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
  return addresses.some(({ address }) => address === host)
}

function enlarge(socket: NativeSocket, { options, log }: EngineParts): void {
  const buffer = {
    setRecvBufferSize: (bytes: number): void => setSocketOption(socket, 'SO_RCVBUF', bytes),
    getRecvBufferSize: (): number => getSocketOption(socket, 'SO_RCVBUF'),
  }
  enlargeReceiveBuffer(buffer, options.receiveBuffer, log)
}
