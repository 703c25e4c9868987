import type { z } from 'zod'

import { type Admin, createAdmin } from './admin.ts'
import type { CommandContext } from './command.ts'
import { InheritedSockets } from './inherited-sockets.ts'
import { NOTHING_PASSED } from './passed-sockets.ts'
import { collectDefaultMetrics, Registry } from './prometheus.ts'
import type { ServerDefinition, ServerOptions, Service, ServiceContext } from './server-command.ts'
import { checkManagerOptions } from './service-manager.ts'
import { endStartUp } from './start-up.ts'

/** What a service gets to close its sockets after the clients' time is over. */
const CLOSE_MILLIS = 250
/** The library's default of 10 ms would be the only work of an idle server. */
const EVENT_LOOP_DELAY_RESOLUTION_MILLIS = 100

/** Runs a service: start, ready, then (signal, its own end or failure) not ready, drain, stop. */
export async function serve<Options extends z.ZodObject>(
  definition: ServerDefinition<Options>,
  context: CommandContext<z.output<Options> & ServerOptions>,
): Promise<number> {
  const { log, signal, options } = context
  checkManagerOptions(options)
  const manager = await context.manager(options)
  const { inherited } = manager
  const failure = Promise.withResolvers<never>()
  const collaborators = { metrics: createMetrics(), fail: failure.reject, inherited }
  const service = await createService(definition, context, collaborators)
  if (service.reload !== undefined) context.onHangup(() => service.reload?.())
  await manager.settle()
  let isReady = false
  const admin = openAdmin(context, collaborators, () => isReady)
  await admin?.start()
  const stopped = aborted(signal)
  await Promise.race([service.start(), stopped, failure.promise])
  if (!signal.aborted) {
    inherited.checkAllTaken()
    inherited.work.arm()
    isReady = true
    endStartUp()
    manager.ready()
  }
  // One process a client says as little as one connection does.
  const say = inherited.isTransient ? log.debug.bind(log) : log.info.bind(log)
  let end = 'its own end'
  try {
    const ends = [inherited.work.finished, ...(service.finished ? [service.finished] : [])]
    await Promise.race([stopped, failure.promise, ...ends])
  } catch (error) {
    end = 'failure'
    throw error
  } finally {
    isReady = false
    manager.stopping()
    inherited.work.disarm()
    say({ reason: signal.reason ?? end }, 'stopping')
    await stop(service, options.drainTimeout)
    await admin?.stop()
  }
  say('stopped')
  return 0
}

/** What a service is made with beside what its command gets. */
type Collaborators = Pick<ServiceContext<unknown>, 'metrics' | 'fail' | 'inherited'>

/** Makes the service and throws what it finds wrong; nothing is opened. */
export async function checkService<Options extends z.ZodObject>(
  definition: ServerDefinition<Options>,
  context: CommandContext<z.output<Options> & ServerOptions>,
): Promise<void> {
  checkManagerOptions(context.options)
  const inherited = InheritedSockets.of(NOTHING_PASSED, 0)
  await createService(definition, context, {
    metrics: new Registry(),
    fail: () => undefined,
    inherited,
  })
}

/** Calls the definition's factory, which opens nothing yet. */
async function createService<Options extends z.ZodObject>(
  definition: ServerDefinition<Options>,
  context: CommandContext<z.output<Options>>,
  collaborators: Collaborators,
): Promise<Service> {
  const { options, operands, log, signal, isTerminal, now } = context
  return definition.create({
    options,
    operands,
    log,
    signal,
    isTerminal,
    now,
    ...collaborators,
    get stdin() {
      return context.stdin
    },
  })
}

/** None for a process of one client: many of them would ask for the one port. */
function openAdmin(
  { events, log, options }: CommandContext<ServerOptions>,
  { metrics, inherited }: Collaborators,
  isReady: () => boolean,
): Admin | undefined {
  if (inherited.isTransient) return undefined
  const { adminHost: host, adminPort: port } = options
  return createAdmin({ host, port, metrics, events, log, isReady })
}

function createMetrics(): Registry {
  const register = new Registry()
  collectDefaultMetrics({
    register,
    eventLoopMonitoringPrecision: EVENT_LOOP_DELAY_RESOLUTION_MILLIS,
  })
  return register
}

async function stop(service: Service, drainMillis: number): Promise<void> {
  const drained = new AbortController()
  const tooLate = Promise.withResolvers<never>()
  const drainTimer = setTimeout(() => drained.abort(), drainMillis)
  const closeTimer = setTimeout(() => {
    tooLate.reject(new Error('the service did not stop in time'))
  }, drainMillis + CLOSE_MILLIS)
  try {
    await Promise.race([service.stop(drained.signal), tooLate.promise])
  } finally {
    clearTimeout(drainTimer)
    clearTimeout(closeTimer)
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  const { promise, resolve } = Promise.withResolvers<void>()
  signal.addEventListener('abort', () => resolve(), { once: true })
  await promise
}
