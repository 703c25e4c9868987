export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const
export const LOG_FORMATS = ['json', 'text'] as const

export interface LogSettings {
  level: (typeof LOG_LEVELS)[number]
  format: (typeof LOG_FORMATS)[number]
}
