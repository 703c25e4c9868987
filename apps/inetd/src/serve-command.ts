import type { Command } from '@sockyard/service/command'
import { UsageError } from '@sockyard/service/errors'
import { escapeText } from '@sockyard/service/escape-text'
import { serverCommand } from '@sockyard/service/server-command'

import { type ServeOptions, serveOptions } from './config.ts'
import { loadConfiguration } from './load-configuration.ts'
import { createSuperserver } from './superserver.ts'

/** @param node the path of the node that runs us: the yard's own apps are started with it */
export function serveCommand(node: string): Command {
  const command = serverCommand({
    name: 'serve',
    summary: 'Start a program for each visitor',
    adminPort: 9109,
    options: serveOptions,
    create: (context) => createSuperserver(context, node),
  })
  return {
    ...command,
    async check(context) {
      const { config } = context.options as ServeOptions
      const { errors } = loadConfiguration(config)
      for (const { message } of errors) context.stderr.write(`inetd: ${escapeText(message)}\n`)
      const lines = `${errors.length} ${errors.length === 1 ? 'line is' : 'lines are'}`
      if (errors.length > 0) throw new UsageError('--config', config, `${lines} not served`)
      await command.check?.(context)
    },
  }
}
