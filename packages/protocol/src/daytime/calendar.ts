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
