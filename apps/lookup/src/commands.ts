import { command } from '@sockyard/service/command'

import {
  addressOptions,
  hostOptions,
  optionsOptions,
  plainOptions,
  resolveOptions,
  socketNameOptions,
} from './config.ts'

const host = command({
  name: 'host',
  summary: 'a host by its name, or by its address',
  operands: [
    { name: 'NAME', description: 'a name, or an address; without one this host', optional: true },
  ],
  options: hostOptions,
  run: async (context) => (await import('./host.ts')).host(context),
})

const address = command({
  name: 'address',
  summary: 'the names of an address and a port (getnameinfo), or every form of an address',
  operands: [
    { name: 'IP', description: 'an address; with --convert also a number' },
    { name: 'PORT', description: 'a port; 0 unless told', optional: true },
  ],
  options: addressOptions,
  run: async (context) => (await import('./address.ts')).address(context),
})

const service = command({
  name: 'service',
  summary: 'a service by its name or its port',
  operands: [
    { name: 'NAME|PORT', description: 'such as smtp, mail or 25' },
    { name: 'PROTOCOL', description: 'tcp, udp …; any unless told', optional: true },
  ],
  options: plainOptions,
  run: async (context) => (await import('./entries.ts')).service(context),
})

const protocol = command({
  name: 'protocol',
  summary: 'a protocol by its name or its number',
  operands: [{ name: 'NAME|NUMBER', description: 'such as tcp or 6' }],
  options: plainOptions,
  run: async (context) => (await import('./entries.ts')).protocol(context),
})

const databases = (['hosts', 'services', 'protocols'] as const).map((database) =>
  command({
    name: database,
    summary: `all ${database} that libc can go through`,
    operands: [],
    options: plainOptions,
    run: async (context) => (await import('./entries.ts')).entries(context, database),
  }),
)

const resolve = command({
  name: 'resolve',
  summary: 'the addresses of a host and the port of a service, in order (getaddrinfo)',
  operands: [
    { name: 'HOST', description: 'a name or an address; - for none, which is this host' },
    { name: 'SERVICE', description: 'a name or a port; - for none', optional: true },
  ],
  options: resolveOptions,
  run: async (context) => (await import('./resolve.ts')).resolve(context),
})

const socketName = command({
  name: 'sockname',
  summary: 'both ends of a connection (getsockname, getpeername)',
  operands: [{ name: 'HOST:PORT', description: 'whom to connect to' }],
  options: socketNameOptions,
  run: async (context) => (await import('./socket-name.ts')).socketName(context),
})

const options = command({
  name: 'options',
  summary: 'the options of a socket with their values, or what setting one does',
  operands: [
    {
      name: 'WHAT',
      description:
        'tcp or udp, a fresh socket; HOST:PORT, a connected one; http://HOST:PORT, the sockets of the service with that admin endpoint',
      optional: true,
    },
  ],
  options: optionsOptions,
  run: async (context) => (await import('./options.ts')).options(context),
})

/** What lookup can be asked; the first one runs when none is named. */
export const commands = [
  host,
  address,
  service,
  protocol,
  ...databases,
  resolve,
  socketName,
  options,
] as const
