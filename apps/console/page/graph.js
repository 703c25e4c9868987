/** What a picture can show; beyond it clients and peers are grouped by the node they talk to. */
const MAXIMUM_NODES = 200

/** Senders may pause so long. */
const SILENCE_MILLIS = 60_000

/** A member of a group to which nothing was delivered for a minute, or ever. */
export function isSilent(edge, edges) {
  if (edge.kind !== 'membership') return false
  const since = Date.now() - SILENCE_MILLIS
  return !edges.some(
    ({ kind, from, to, lastAt }) =>
      kind === 'delivery' && from === edge.to && to === edge.from && Date.parse(lastAt) > since,
  )
}

/** The topology as it is drawn: with 200 nodes at most it is itself. */
export function grouped({ nodes, edges }) {
  if (nodes.length <= MAXIMUM_NODES) return { nodes, edges }
  const groupOf = groupsOf(nodes, edges)
  const sizes = Map.groupBy(groupOf.values(), (group) => group)
  const kept = nodes.filter(({ id }) => !groupOf.has(id))
  const added = [...sizes].map(([id, { length }]) => ({
    id,
    kind: 'client',
    label: `${length} peers`,
    service: null,
    address: null,
  }))
  return { nodes: [...kept, ...added], edges: summed(edges, groupOf) }
}

/** By node the id of its group. */
function groupsOf(nodes, edges) {
  const grouping = nodes.filter(({ kind }) => kind === 'client' || kind === 'peer')
  const other = new Map(
    edges.flatMap(({ from, to }) => [
      [from, to],
      [to, from],
    ]),
  )
  return new Map(grouping.map(({ id }) => [id, `peers of ${other.get(id) ?? 'none'}`]))
}

function summed(edges, groupOf) {
  const sums = new Map()
  for (const edge of edges) {
    const from = groupOf.get(edge.from) ?? edge.from
    const to = groupOf.get(edge.to) ?? edge.to
    const id = `${from}>${to}/${edge.transport}/${edge.kind}`
    const bytesPerSecond = (sums.get(id)?.bytesPerSecond ?? 0) + edge.bytesPerSecond
    sums.set(id, { ...edge, id, from, to, bytesPerSecond })
  }
  return [...sums.values()]
}
