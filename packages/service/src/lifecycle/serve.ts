import { setTimeout as timeout } from 'node:timers/promises'
import { aborted } from 'node:util'

import { ActivationSockets, NOTHING_PASSED } from '@sockyard/net/activation'
import type { z } from 'zod'

import { type Admin, createAdmin } from '../admin/admin.ts'
import { createProcessMetrics } from '../metrics/process-metrics.ts'
import type { Registry } from '../metrics/prometheus.ts'
import type { CommandContext } from './command.ts'
import type { ServerDefinition, ServerOptions, Service, ServiceContext } from './server-command.ts'
import { endStartUp } from './start-up.ts'

/** What a service gets to close its sockets after the clients' time is over. */
const CLOSE_MILLIS = 500

/** Runs a service: start, ready, then (signal, finished or failure) not ready, drain, stop. */
export async function serve<Options extends z.ZodObject>(
  definition: ServerDefinition<Options>,
  context: CommandContext<z.output<Options> & ServerOptions>,
): Promise<number> {
  const { log, signal, options } = context
  const manager = await context.manager(options)
  const { activation } = manager
  const failure = Promise.withResolvers<never>()
  const metrics = createProcessMetrics(context.droppedLogLines)
  const service = await createService(definition, context, {
    metrics,
    fail: failure.reject,
    activation,
  })
  if (service.reload !== undefined) context.onHangup(() => service.reload?.())
  await manager.prepare()
  let isReady = false
  // None for a process of one client: many of them would ask for the one port.
  const admin = activation.isTransient ? undefined : openAdmin(context, metrics, () => isReady)
  await admin?.start()
  const stopped = aborted(signal, service)
  await Promise.race([service.start(), stopped, failure.promise])
  if (!signal.aborted) {
    activation.checkAllTaken()
    activation.work.arm()
    isReady = true
    endStartUp()
    manager.ready()
  }
  // One process a client logs as little as one connection does.
  const logEvent = activation.isTransient ? log.debug.bind(log) : log.info.bind(log)
  let end = 'finished'
  try {
    const ends = [activation.work.finished, ...(service.finished ? [service.finished] : [])]
    await Promise.race([stopped, failure.promise, ...ends])
  } catch (error) {
    end = 'failure'
    throw error
  } finally {
    isReady = false
    manager.stopping()
    activation.work.disarm()
    logEvent({ reason: signal.reason ?? end }, 'stopping')
    await stop(service, options.drainTimeout)
    await admin?.stop()
  }
  logEvent('stopped')
  return 0
}

/** Makes the service and throws what it finds wrong; nothing is opened. */
export async function checkService<Options extends z.ZodObject>(
  definition: ServerDefinition<Options>,
  context: CommandContext<z.output<Options> & ServerOptions>,
): Promise<void> {
  await createService(definition, context, {
    metrics: createProcessMetrics(context.droppedLogLines),
    fail: () => undefined,
    activation: ActivationSockets.of(NOTHING_PASSED, 0),
  })
}

/** Calls the definition's factory, which opens nothing yet. */
async function createService<Options extends z.ZodObject>(
  definition: ServerDefinition<Options>,
  context: CommandContext<z.output<Options>>,
  dependencies: Pick<ServiceContext<unknown>, 'metrics' | 'fail' | 'activation'>,
): Promise<Service> {
  const { options, operands, log, signal, isTerminal, now } = context
  return definition.create({
    options,
    operands,
    log,
    signal,
    isTerminal,
    now,
    ...dependencies,
    get stdin() {
      return context.stdin
    },
  })
}

function openAdmin(
  { events, log, options }: CommandContext<ServerOptions>,
  metrics: Registry,
  isReady: () => boolean,
): Admin {
  const { adminHost: host, adminPort: port, adminOrigin: origins } = options
  return createAdmin({ host, port, origins, metrics, events, log, isReady })
}

/** @throws {Error} when the service has not stopped a little after the clients' time is over */
async function stop(service: Service, drainMillis: number): Promise<void> {
  const finished = new AbortController()
  const drained = AbortSignal.timeout(drainMillis)
  // Both clocks would be due at once on a machine that is busy.
  const tooLate = aborted(drained, service).then(async () => {
    await timeout(CLOSE_MILLIS, undefined, finished)
    throw new Error('the service did not stop in time')
  })
  try {
    await Promise.race([service.stop(drained), tooLate])
  } finally {
    finished.abort()
  }
}
