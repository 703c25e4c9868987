export {
  formatBitRate,
  formatDuration,
  formatMicros,
  formatOffset,
  formatPercentiles,
  formatShare,
  formatCounts,
} from './format.ts'
export { type Reporter, type Texts, createReporter, publishing } from './reporter.ts'
export { terminalOf } from './terminal.ts'
