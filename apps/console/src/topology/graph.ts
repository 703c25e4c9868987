export interface TopologyNode {
  id: string
  kind: 'service' | 'client' | 'peer' | 'group'
  label: string
  /** The id of the service. */
  service: string | null
  address: string | null
}

export interface TopologyEdge {
  id: string
  from: string
  to: string
  transport: 'tcp' | 'udp' | 'multicast' | 'sctp'
  kind: 'flow' | 'membership' | 'delivery'
  bytesPerSecond: number
  /** Null where packets are not counted. */
  packetsPerSecond: number | null
  lastAt: string | null
}

export interface Topology {
  nodes: TopologyNode[]
  edges: TopologyEdge[]
}

/** Nodes and edges, each once. */
export class Graph {
  readonly #nodes = new Map<string, TopologyNode>()
  readonly #edges = new Map<string, TopologyEdge>()

  node(node: TopologyNode): string {
    if (!this.#nodes.has(node.id)) this.#nodes.set(node.id, node)
    return node.id
  }

  /** Traffic of several flows is summed. */
  edge(edge: Omit<TopologyEdge, 'id'>): void {
    const id = edgeId(edge)
    const known = this.#edges.get(id)
    this.#edges.set(id, known === undefined ? { id, ...edge } : summed(known, edge))
  }

  /** What a second one tells of the same traffic is not added. */
  edgeOnce(edge: Omit<TopologyEdge, 'id'>): void {
    if (!this.#edges.has(edgeId(edge))) this.edge(edge)
  }

  topology(): Topology {
    return { nodes: [...this.#nodes.values()], edges: [...this.#edges.values()] }
  }
}

function edgeId({ from, to, transport, kind }: Omit<TopologyEdge, 'id'>): string {
  return `${from}>${to}/${transport}/${kind}`
}

function summed(one: TopologyEdge, other: Omit<TopologyEdge, 'id'>): TopologyEdge {
  const packets = [one.packetsPerSecond, other.packetsPerSecond].filter((each) => each !== null)
  const lastAt = [one.lastAt, other.lastAt].filter((each) => each !== null).toSorted()
  return {
    ...one,
    bytesPerSecond: one.bytesPerSecond + other.bytesPerSecond,
    packetsPerSecond: packets.length === 0 ? null : packets.reduce((sum, each) => sum + each),
    lastAt: lastAt.at(-1) ?? null,
  }
}
