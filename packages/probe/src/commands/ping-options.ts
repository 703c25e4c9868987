import { flag } from '@sockyard/cli/options'
import {
  clientAdminOptions,
  count,
  deadline,
  ipFamilyOptions,
  json,
  probeInterval,
  quiet,
  rate,
  size,
  wait,
  window,
} from '@sockyard/service/options'

import { pathOptions } from './path-options.ts'

const group = 'Report'

/**
 * The options of `ping` that the echo clients have in common.
 *
 * @param sizes how long a probe may be, bytes
 */
export const pingOptions = (sizes: { minimum: number; maximum: number }) => ({
  count: count(),
  interval: probeInterval(),
  size: size(64, sizes),
  wait: wait(),
  deadline: deadline(),
  rate: rate(),
  window: window(),
  ...ipFamilyOptions,
  quiet: quiet(),
  json: json(),
  timestamps: flag().meta({
    short: 'D',
    group,
    conflicts: ['json', 'csv'],
    description: 'the time (UTC) before each line',
  }),
  histogram: flag().meta({
    group,
    conflicts: ['csv'],
    description: 'the distribution of round trips at the end',
  }),
  csv: flag().meta({
    group,
    conflicts: ['json', 'quiet'],
    description: 'comma-separated values: a header, and a row for each probe (RFC 4180)',
  }),
  ...pathOptions,
  ...clientAdminOptions,
})
