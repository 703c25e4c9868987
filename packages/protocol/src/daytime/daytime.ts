import { malformed, parsed, type Parsed } from '../parsed.ts'

const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]
const SECONDS_PER_DAY = 86_400
const NANOS_PER_SECOND = 1_000_000_000n

/** No answer of the daytime service is longer: small enough for a forged request (RFC 867). */
export const LONGEST_DAYTIME_BYTES = 64

/** What a daytime server said. */
interface Daytime {
  /** Its line, without the end of line. */
  text: string
  /** The whole second that it means, in nanoseconds since 1970; null when its time zone is not told. */
  nanos: bigint | null
}

/**
 * A moment as the daytime service says it, in the first of the forms that RFC 867 recommends, in UTC:
 * `Friday, November 20, 2026 16:06:39-UTC` and CR LF, at most 46 B.
 *
 * @param nanos nanoseconds since 1970, from then to the year 9999
 */
export function formatDaytime(nanos: bigint): string {
  const seconds = Number(nanos / NANOS_PER_SECOND)
  const days = Math.floor(seconds / SECONDS_PER_DAY)
  const { year, month, day } = calendarDay(days)
  // 1970-01-01 was a Thursday.
  const weekday = WEEKDAYS[(days + 4) % 7]
  return `${weekday}, ${MONTHS[month - 1]} ${day}, ${year} ${clockOf(seconds % SECONDS_PER_DAY)}-UTC\r\n`
}

/** `16:06:39` */
function clockOf(secondOfDay: number): string {
  const parts = [secondOfDay / 3_600, (secondOfDay / 60) % 60, secondOfDay % 60]
  return parts.map((part) => String(Math.floor(part)).padStart(2, '0')).join(':')
}

/**
 * Reads the answer of a daytime server. RFC 867 leaves the form open; these are understood: the two that it
 * recommends (`Tuesday, February 22, 1982 17:37:43-PST` and `22 FEB 82 17:37:43 PST`), the same without a
 * weekday or with an offset for the zone, and that of ctime(3), `Mon May 26 20:58:40 2003`, which has no zone.
 */
export function parseDaytime(bytes: Uint8Array): Parsed<Daytime> {
  if (bytes.length === 0) return malformed('daytime', 'line', 'empty')
  const line = new TextDecoder('latin1').decode(bytes).replace(/[\r\n\0]+$/, '')
  if (!/^[\x20-\x7e]+$/.test(line)) return malformed('daytime', 'line', 'is not printable ASCII')
  const fields = fieldsOf(line)
  if (fields === undefined) return malformed('daytime', 'line', 'has no form that is known')
  return parsed({ text: line, nanos: momentOf(fields) })
}

type Fields = Partial<Record<'day' | 'month' | 'year' | 'time' | 'zone', string>>

const FORMS = [
  /^(?:[A-Z]+, *)?(?<month>[A-Z]{3,9}) (?<day>\d{1,2}), (?<year>\d{4}) (?<time>\d\d:\d\d:\d\d) ?-? ?(?<zone>[-+]\d{4}|[A-Z]{1,5})?$/i,
  /^(?:[A-Z]+, *)?(?<day>\d{1,2}) (?<month>[A-Z]{3,9}) (?<year>\d{4}|\d\d) (?<time>\d\d:\d\d:\d\d) ?-? ?(?<zone>[-+]\d{4}|[A-Z]{1,5})?$/i,
  /^[A-Z]{3} (?<month>[A-Z]{3}) {1,2}(?<day>\d{1,2}) (?<time>\d\d:\d\d:\d\d) (?:(?<zone>[A-Z]{3,5}) )?(?<year>\d{4})$/i,
] as const

function fieldsOf(line: string): Fields | undefined {
  for (const form of FORMS) {
    const groups = form.exec(line)?.groups
    if (groups !== undefined) return groups
  }
  return undefined
}

function momentOf({ day, month = '', year, time = '', zone }: Fields): bigint | null {
  const index = MONTHS.findIndex((name) => sameMonth(name, month))
  const offset = offsetMinutes(zone)
  if (index < 0 || offset === undefined) return null
  const date = { year: fullYear(Number(year)), month: index + 1, day: Number(day) }
  const [hours = 0, minutes = 0, seconds = 0] = time.split(':').map(Number)
  const secondOfDay = hours * 3_600 + (minutes - offset) * 60 + seconds
  return BigInt(daysSince1970(date) * SECONDS_PER_DAY + secondOfDay) * NANOS_PER_SECOND
}

function sameMonth(name: string, said: string): boolean {
  const word = said.toLowerCase()
  return word === name.toLowerCase() || word === name.slice(0, 3).toLowerCase()
}

/** Two digits of a year are those of 1969 to 2068, as strptime(3) has it. */
function fullYear(year: number): number {
  if (year >= 100) return year
  return year < 69 ? 2000 + year : 1900 + year
}

/** Other names mean different zones in different countries. */
function offsetMinutes(zone: string | undefined): number | undefined {
  if (zone === undefined) return undefined
  if (['UTC', 'GMT', 'UT', 'Z'].includes(zone.toUpperCase())) return 0
  const [, sign, hours, minutes] = /^([-+])(\d\d)(\d\d)$/.exec(zone) ?? []
  if (sign === undefined) return undefined
  return (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1)
}

/** A day of the Gregorian calendar; months and days count from 1. */
export interface CalendarDay {
  year: number
  month: number
  day: number
}

const DAYS_PER_ERA = 146_097
/** Days from 0000-03-01, where an era of 400 years begins, to 1970-01-01. */
const DAYS_TO_1970 = 719_468

/**
 * The day so many days after 1970-01-01. Years are counted from March here, so that the day that is not in every
 * year is the last of its year.
 */
export function calendarDay(since1970: number): CalendarDay {
  const days = since1970 + DAYS_TO_1970
  const era = Math.floor(days / DAYS_PER_ERA)
  const dayOfEra = days - era * DAYS_PER_ERA
  const leapDays =
    Math.floor(dayOfEra / 1_460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096)
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365)
  const dayOfYear = dayOfEra - daysBefore(yearOfEra)
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153)
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
  const day = dayOfYear - daysOfMonthsBefore(monthFromMarch) + 1
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day }
}

/** The reverse; a day that its month does not have is one of the next month. */
export function daysSince1970({ year, month, day }: CalendarDay): number {
  const yearFromMarch = month <= 2 ? year - 1 : year
  const era = Math.floor(yearFromMarch / 400)
  const dayOfYear = daysOfMonthsBefore(month <= 2 ? month + 9 : month - 3) + day - 1
  return era * DAYS_PER_ERA + daysBefore(yearFromMarch - era * 400) + dayOfYear - DAYS_TO_1970
}

function daysBefore(yearOfEra: number): number {
  return 365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100)
}

/** March to July, and August to December, have 153 days. */
function daysOfMonthsBefore(monthFromMarch: number): number {
  return Math.floor((153 * monthFromMarch + 2) / 5)
}
