import { computed, signal } from '@preact/signals'

import { grouped, isSilent } from './graph.js'
import { html } from './html.js'
import { HEIGHT, layout, WIDTH } from './layout.js'
import { services, topology } from './live.js'
import { ServiceDetails } from './service-details.js'
import { rate, visible } from './text.js'

const drawn = computed(() => grouped(topology.value))
const selected = signal(undefined)

/** Who talks to whom: a picture, what is known of one node, and the same as a table. */
export function Yard() {
  const { nodes, edges } = drawn.value
  return html`<section aria-labelledby="yard">
    <h2 id="yard">Yard</h2>
    <${Legend} />
    <${Picture} nodes=${nodes} edges=${edges} />
    <${NodeDetails} node=${nodes.find(({ id }) => id === selected.value)} edges=${edges} />
    <${TrafficTable} nodes=${nodes} edges=${edges} />
  </section>`
}

function Legend() {
  return html`<p class="legend">
    Lines: <b class="tcp">TCP</b>, <b class="udp">UDP</b>, <b class="multicast">multicast</b>,${' '}
    <b class="sctp">SCTP</b>; the thicker, the more bytes. Dashed: a member of a group;${' '}
    <b class="silent">dashed in this colour</b>: it has joined, and nothing arrives.
  </p>`
}

function Picture({ nodes, edges }) {
  const places = layout({ nodes, edges })
  return html`<svg class="picture" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="group" aria-label="Nodes">
    ${edges.map((edge) => html`<${Edge} key=${edge.id} edge=${edge} edges=${edges} places=${places} />`)}
    ${nodes.map((node) => html`<${Node} key=${node.id} node=${node} place=${places.get(node.id)} />`)}
  </svg>`
}

function Edge({ edge, edges, places }) {
  const [one, other] = [places.get(edge.from), places.get(edge.to)]
  if (one === undefined || other === undefined) return null
  const silent = isSilent(edge, edges) ? 'silent' : ''
  return html`<line
    class="edge ${edge.transport} ${edge.kind} ${silent}"
    x1=${one.x}
    y1=${one.y}
    x2=${other.x}
    y2=${other.y}
    stroke-width=${1 + Math.log10(1 + edge.bytesPerSecond)}
  />`
}

function Node({ node, place }) {
  const select = () => (selected.value = node.id)
  const onKeyDown = (event) => {
    if (event.key !== 'Enter' && event.key !== ' ') return
    event.preventDefault()
    select()
  }
  const label = visible(node.label, 32)
  return html`<g
    class="node ${node.kind}"
    transform="translate(${place.x} ${place.y})"
    role="button"
    tabindex="0"
    aria-label="${node.kind} ${label}"
    aria-pressed=${String(selected.value === node.id)}
    onClick=${select}
    onKeyDown=${onKeyDown}
  >
    <circle r="13" />
    <text y="30">${label}</text>
  </g>`
}

function NodeDetails({ node, edges }) {
  if (node === undefined)
    return html`<div class="details"><p>Choose a node to see its sockets and its traffic.</p></div>`
  const service = services.value.find(({ id }) => id === node.service)
  const own = edges.filter(({ from, to }) => from === node.id || to === node.id)
  const bytes = own.reduce((sum, { bytesPerSecond }) => sum + bytesPerSecond, 0)
  const sockets = (service?.listening ?? []).map(
    ({ transport, address, port }) => `${transport} ${address} ${port}`,
  )
  return html`<div class="details">
    <h3>${visible(node.label)}</h3>
    <dl>
      <dt>Kind</dt>
      <dd>${node.kind}</dd>
      ${
        node.address &&
        html`<dt>Address</dt>
          <dd>${visible(node.address)}</dd>`
      }
      ${
        service &&
        html`<dt>State</dt>
          <dd>${service.state} since ${service.since}</dd>`
      }
      ${
        service &&
        html`<dt>Listens at</dt>
          <dd>${visible(sockets.join(', ') || 'nothing')}</dd>`
      }
      <dt>Traffic</dt>
      <dd>${rate(bytes)} on ${own.length} edges</dd>
    </dl>
    ${service && html`<${ServiceDetails} key=${service.id} id=${service.id} />`}
  </div>`
}

function TrafficTable({ nodes, edges }) {
  const labels = new Map(nodes.map(({ id, label }) => [id, visible(label)]))
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Traffic as a table">
    <table>
      <thead>
        <tr>
          <th scope="col">From</th>
          <th scope="col">To</th>
          <th scope="col">Transport</th>
          <th scope="col">Kind</th>
          <th scope="col">Rate</th>
        </tr>
      </thead>
      <tbody>
        ${edges.map(
          (edge) =>
            html`<tr key=${edge.id}>
              <td>${labels.get(edge.from)}</td>
              <td>${labels.get(edge.to)}</td>
              <td>${edge.transport}</td>
              <td>${edge.kind}${isSilent(edge, edges) ? ', nothing arrives' : ''}</td>
              <td>${rate(edge.bytesPerSecond)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`
}
