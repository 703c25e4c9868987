import { isIP } from 'node:net'

import { UsageError } from '@sockyard/cli/errors'
import { createHttpServer } from '@sockyard/service/http'
import type { Service, ServiceContext } from '@sockyard/service/lifecycle'

import { apiRoutes } from './api/api.ts'
import { StreamHub } from './api/stream-hub.ts'
import { ChatMembers } from './chat/chat-members.ts'
import { exportChatMetrics } from './chat/chat-metrics.ts'
import { chatRoutes } from './chat/chat-routes.ts'
import type { ServeOptions } from './config.ts'
import { createResponder } from './http/responder.ts'
import { exportLabMetrics } from './lab/lab-metrics.ts'
import { labRoutes } from './lab/lab-routes.ts'
import { Lab } from './lab/lab.ts'
import { exportMetrics } from './metrics.ts'
import { ScrapePace } from './services/scrape-pace.ts'
import type { Series } from './services/series.ts'
import { ServiceDirectory } from './services/service-directory.ts'
import { TargetFinder } from './services/targets.ts'
import { Store } from './store/store.ts'
import { TopologyView } from './topology/topology-view.ts'

/** Event streams of pages, in all. */
const MAXIMUM_STREAMS = 64
/** Beside them short requests. */
const MAXIMUM_CONNECTIONS = MAXIMUM_STREAMS + 64
/** How often pages are sent what has changed. */
const PUBLISH_MILLIS = 1_000

/**
 * Shows what the services of the yard do, to a browser: the page, and the same as JSON.
 *
 * @param node the path of the node that runs us
 */
export function createConsole(context: ServiceContext<ServeOptions>, node: string): Service {
  const { host, token, services } = context.options
  if (token === undefined && !isLoopback(host))
    throw new UsageError('--host', host, 'requires --token, for it is not on loopback')
  const finder = new TargetFinder(services)
  let running: Awaited<ReturnType<typeof run>> | undefined
  return {
    async start() {
      running = await run(context, finder, node)
    },
    async stop() {
      await running?.stop()
    },
  }
}

/** Opens the store, follows the services and listens. */
async function run(context: ServiceContext<ServeOptions>, finder: TargetFinder, node: string) {
  const { options, log } = context
  let stored = 0
  const store = openStore(context, (events) => {
    stored += events.length
    hub.publishEvents(events)
  })
  await store.opened()
  const latest = new LatestValues()
  const pace = new ScrapePace(() => hub.hasClients)
  const directory: ServiceDirectory = new ServiceDirectory(
    finder,
    {
      onState: () => hub.publish('services', { services: directory.services }),
      onValues(_, values, seconds) {
        store.addSamples(Date.now() / 1_000, values, seconds)
        latest.add(values)
      },
      onPeers: (service, text) => topology.update(service, text, performance.now()),
      onEvent: (service, source, json) => store.addEvent({ service, source, json }),
    },
    pace,
    (service) => store.lastSource(service),
  )
  const topology = new TopologyView(() => directory.services)
  const hub: StreamHub = new StreamHub(store, () => [
    ['services', { services: directory.services }],
    ['topology', topology.now()],
  ])
  const lab = new Lab(node, options.lab)
  const ofLab = labRoutes(lab)
  const { chat: isOn, chatServer, chatProxy: proxy } = options
  const chat = new ChatMembers({ isOn, server: chatServer, proxy })
  const ofChat = chatRoutes(chat)
  const server = createHttpServer({
    host: options.host,
    port: options.port,
    log,
    transport: 'tcp',
    limits: { connections: () => MAXIMUM_CONNECTIONS, streams: () => MAXIMUM_STREAMS },
    onRequest: createResponder({
      token: options.token,
      routes: new Map([
        ...apiRoutes({ directory, store, topology, hub, pace }),
        ['/api/lab', ofLab.get],
        ...Object.entries(ofChat.get),
      ]),
      actions: new Map([['/api/lab', ofLab.post], ...Object.entries(ofChat.post)]),
    }),
  })
  exportMetrics(context.metrics, directory, () => stored)
  exportLabMetrics(context.metrics, lab)
  exportChatMetrics(context.metrics, chat)
  const { address, port, family } = await server.start()
  log.info({ url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}/` }, 'console')
  await directory.start()
  const publishing = setInterval(() => {
    const values = latest.take()
    if (!hub.hasClients) return
    hub.publish('samples', values)
    hub.publish('topology', topology.now())
  }, PUBLISH_MILLIS)
  return {
    async stop() {
      clearInterval(publishing)
      directory.stop()
      lab.stop()
      chat.stop()
      hub.close()
      await server.stop()
      await store.close()
    },
  }
}

/** What came since pages were told last, by the id of the series. */
class LatestValues {
  #values: Record<string, number> = {}

  add(values: ReadonlyMap<Series, number>): void {
    for (const [{ id }, value] of values) this.#values[id] = value
  }

  take(): { at: string; values: Record<string, number> } {
    const values = this.#values
    this.#values = {}
    return { at: new Date().toISOString(), values }
  }
}

function openStore(
  { options, log, fail }: ServiceContext<ServeOptions>,
  onStored: ConstructorParameters<typeof Store>[0]['onStored'],
): Store {
  return new Store({
    path: options.store ?? '',
    onStored,
    onMovedAside: (file) => log.warn({ store: options.store, ...file }, 'store moved aside'),
    onFailure: fail,
  })
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}
