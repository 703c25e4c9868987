import { Worker } from 'node:worker_threads'

import { wakeReceiver } from '@sockyard/posix/datagram'
import type { NativeSocket } from '@sockyard/posix/socket'

import { bindNativeSockets, dropsOf } from './native-sockets.ts'
import { NativeUdpSocket } from './native-udp-socket.ts'
import { atExit, threadError } from './thread-end.ts'
import type { UdpCounters } from './udp-counters.ts'
import type { OpenSockets, UdpSettings } from './udp-socket.ts'
import { STARTED, STOPPING, type UdpThreadStart } from './udp-thread.ts'

/** A thread that only receives needs little: V8 would take 40 MB and more before it collects anything. */
const LIMITS = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 2 }
const THREAD = new URL('udp-thread.ts', import.meta.url)

/** Threads that handle datagrams, each with a socket of its own and its share of the sources. */
export interface UdpWorkers {
  count: number
  /** It exports `createHandler`, a `CreateHandler`. What it imports costs memory once more for each thread. */
  module: URL
  /** What each thread is given, by structured cloning. */
  data: (worker: number) => unknown
  /** What a thread posts. */
  onMessage: (message: unknown) => void
  /** A thread has ended by an error. */
  onFailure: (error: Error) => void
}

/**
 * Opens a socket for each thread, all at one port.
 *
 * @param counters one for each thread
 * @throws {NetworkError} when one cannot be bound; AddressInUseError when the port is taken
 */
export async function openThreadedSockets(
  settings: UdpSettings,
  workers: UdpWorkers,
  counters: readonly UdpCounters[],
): Promise<OpenSockets> {
  const { address, port, sockets } = await bindNativeSockets(settings, workers.count)
  const threads = sockets.map((socket, worker) => {
    const { numbers } = counters[worker] ?? settings.counters
    const { maximumDatagramBytes } = settings
    const start = { data: workers.data(worker), module: workers.module.href, numbers }
    return new UdpThread(socket, { ...start, maximumDatagramBytes }, workers)
  })
  await Promise.all(threads.map(({ started }) => started))
  const open = sockets.map((socket) => new NativeUdpSocket(socket, settings))
  return {
    address,
    port,
    sockets: open,
    kernelDrops: () => dropsOf(sockets),
    async stop() {
      await Promise.all(threads.map((thread) => thread.stop()))
      for (const each of open) each.close()
    },
  }
}

/** A thread that waits for the datagrams of one socket. Nothing runs while none comes. */
class UdpThread {
  readonly #socket: NativeSocket
  readonly #state = new Int32Array(new SharedArrayBuffer(8))
  readonly #ended: Promise<void>
  /** Fulfilled when the thread waits for datagrams, or has ended. */
  readonly started: Promise<unknown>

  /** @throws {SystemCallError} EMFILE when there is no descriptor for it */
  constructor(
    socket: NativeSocket,
    start: Omit<UdpThreadStart, 'descriptor' | 'state'>,
    workers: UdpWorkers,
  ) {
    this.#socket = socket
    const worker = this.#start(start, workers)
    this.#ended = new Promise((resolve) => worker.once('exit', () => resolve()))
    this.started = Promise.race([Atomics.waitAsync(this.#state, STARTED, 0).value, this.#ended])
    // The end of a process waits for its threads, and they for a datagram.
    const takeBack = atExit(this.#wake)
    void this.#ended.then(takeBack)
  }

  #start(
    start: Omit<UdpThreadStart, 'descriptor' | 'state'>,
    { onMessage, onFailure }: UdpWorkers,
  ): Worker {
    const own = this.#socket.duplicate()
    try {
      const { descriptor } = own
      const workerData: UdpThreadStart = { ...start, descriptor, state: this.#state }
      const worker = new Worker(THREAD, { workerData, resourceLimits: LIMITS, execArgv: [] })
      worker.on('message', onMessage)
      worker.on('error', (error) => onFailure(threadError(error)))
      own.release()
      return worker
    } catch (error) {
      own.close()
      throw error
    }
  }

  /** Fulfilled when the batch under way is done and the thread has ended. */
  async stop(): Promise<void> {
    this.#wake()
    await this.#ended
  }

  readonly #wake = (): void => {
    Atomics.store(this.#state, STOPPING, 1)
    if (!this.#socket.closed) wakeReceiver(this.#socket)
  }
}
