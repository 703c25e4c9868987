import { createSocket } from 'node:dgram'
import { isIPv6 } from 'node:net'

/** Sends a datagram to a group ten times a second: INTERFACE GROUP. */
const [from = '', group = ''] = process.argv.slice(2)
const socket = createSocket(isIPv6(group) ? 'udp6' : 'udp4').bind(0, () => {
  socket.setMulticastInterface(from)
  // Without a network nothing can be sent: that is what the tests are about.
  setInterval(() => socket.send('tick', 24_321, group, () => {}), 100)
})
