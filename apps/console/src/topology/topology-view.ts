import type { ServiceState } from '../services/service-watcher.ts'
import { type Flow, FlowReader } from './flows.ts'
import type { Topology } from './graph.ts'
import { parsePeers, type PeersAnswer } from './peers.ts'
import type { ServiceTraffic } from './service-traffic.ts'
import { topologyOf } from './topology.ts'

/** Of one service, its latest answer. */
interface Traffic {
  reader: FlowReader
  flows: Flow[]
  memberships: PeersAnswer['memberships']
}

/** The topology as it is now, from the latest answers of all services. */
export class TopologyView {
  readonly #services: () => readonly ServiceState[]
  readonly #traffic = new Map<string, Traffic>()

  /** @param services those that are shown */
  constructor(services: () => readonly ServiceState[]) {
    this.#services = services
  }

  /** @param text what a service answered to GET /peers */
  update(service: string, text: string, nowMillis: number): void {
    const answer = parsePeers(text)
    if (answer === undefined) return
    const { reader } = this.#traffic.get(service) ?? { reader: new FlowReader() }
    const flows = reader.read(answer, nowMillis)
    this.#traffic.set(service, { reader, flows, memberships: answer.memberships })
  }

  now(): Topology & { at: string } {
    const shown = this.#services()
    const ids = new Set(shown.map(({ id }) => id))
    for (const id of this.#traffic.keys()) if (!ids.has(id)) this.#traffic.delete(id)
    const services = shown.map((state) => this.#trafficOf(state))
    return { at: new Date().toISOString(), ...topologyOf(services) }
  }

  /** One that is down has none. */
  #trafficOf({ id, service, listening, state }: ServiceState): ServiceTraffic {
    const known = state === 'up' ? this.#traffic.get(id) : undefined
    const { flows = [], memberships = [] } = known ?? {}
    return { id, service, listening, flows, memberships }
  }
}
