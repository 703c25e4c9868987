import { appDescription } from '@sockyard/catalog'
import { UsageError } from '@sockyard/cli/errors'
import { escapeText } from '@sockyard/cli/text'
import { type App, type Command, serverCommand } from '@sockyard/service/lifecycle'

import { type ServeOptions, serveOptions } from './config.ts'
import { loadConfiguration } from './configuration/load-configuration.ts'
import { createSuperserver } from './server/superserver.ts'

/** @param node the path of the node that runs us */
export function createApp(node: string): App {
  return {
    ...appDescription('inetd'),
    commands: [serveCommand(node)],
  }
}

function serveCommand(node: string): Command {
  const command = serverCommand({
    name: 'serve',
    summary: 'start a program for each connection',
    examples: [
      { args: '', description: 'the services of the sample configuration' },
      { args: '--config /etc/inetd.conf --check', description: 'check a configuration' },
    ],
    adminPort: 9109,
    options: serveOptions,
    create: (context) => createSuperserver(context, node),
  })
  return {
    ...command,
    async check(context) {
      const options = context.options as ServeOptions
      const { config } = options
      const { errors } = loadConfiguration(config, options)
      for (const { message } of errors) context.stderr.write(`inetd: ${escapeText(message)}\n`)
      const lines = `${errors.length} ${errors.length === 1 ? 'line is' : 'lines are'}`
      if (errors.length > 0) throw new UsageError('--config', config, `${lines} not served`)
      await command.check?.(context)
    },
  }
}
