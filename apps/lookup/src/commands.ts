import { command } from '@sockyard/service/lifecycle'

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
  examples: [{ args: 'localhost', description: 'the addresses of a name' }],
  operands: [
    { name: 'NAME', description: 'a name, or an address; without one this host', optional: true },
  ],
  options: hostOptions,
  run: async (context) => (await import('./databases.ts')).host(context),
})

const address = command({
  name: 'address',
  summary: 'the names of an address and a port (getnameinfo)',
  examples: [
    { args: '127.0.0.1 80', description: 'the names of an address and a port' },
    { args: '::ffff:127.0.0.1 --convert', description: 'every form of an address' },
  ],
  operands: [
    { name: 'IP', description: 'an address; with --convert also a number' },
    { name: 'PORT', description: 'a port; default 0', optional: true },
  ],
  options: addressOptions,
  run: async (context) => (await import('./address.ts')).address(context),
})

const service = command({
  name: 'service',
  summary: 'a service by its name or its port',
  examples: [
    { args: 'smtp', description: 'the port of a service' },
    { args: '123 udp', description: 'the service of a port' },
  ],
  operands: [
    { name: 'NAME|PORT', description: 'such as smtp, mail or 25' },
    { name: 'PROTOCOL', description: 'tcp or udp; default: any', optional: true },
  ],
  options: plainOptions,
  run: async (context) => (await import('./databases.ts')).service(context),
})

const protocol = command({
  name: 'protocol',
  summary: 'a protocol by its name or its number',
  examples: [{ args: 'tcp', description: 'the number of a protocol' }],
  operands: [{ name: 'NAME|NUMBER', description: 'such as tcp or 6' }],
  options: plainOptions,
  run: async (context) => (await import('./databases.ts')).protocol(context),
})

const databases = (['hosts', 'services', 'protocols'] as const).map((database) =>
  command({
    name: database,
    summary: `all ${database} of the databases of libc`,
    examples: [{ args: '', description: `all ${database}` }],
    operands: [],
    options: plainOptions,
    run: async (context) => (await import('./databases.ts')).entries(context, database),
  }),
)

const resolve = command({
  name: 'resolve',
  summary: 'addresses of a host, in order (getaddrinfo)',
  examples: [
    {
      args: 'localhost 3111 --explain',
      description: 'addresses in the order of RFC 6724, and why',
    },
  ],
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
  examples: [{ args: 'localhost:3111', description: 'both ends of a connection' }],
  operands: [{ name: 'HOST:PORT', description: 'a TCP or UDP server' }],
  options: socketNameOptions,
  run: async (context) => (await import('./sockets.ts')).socketName(context),
})

const options = command({
  name: 'options',
  summary: 'the options of a socket with their values, or what setting one does',
  examples: [
    { args: 'udp --set SO_RCVBUF=65536', description: 'what setting an option does' },
    { args: 'http://localhost:9101', description: 'the sockets of a running service' },
  ],
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
