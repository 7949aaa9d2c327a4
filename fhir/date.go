package fhir

import (
	"fmt"
	"time"

	"carekey/consent"
)

// day is a calendar day as the number yyyymmdd; 0 is none. Numbers order as the
// days do.
type day int32

func newDay(year, month, dayOfMonth int) day {
	return day(year*10000 + month*100 + dayOfMonth)
}

// date is the day in consent's form.
func (d day) date() consent.Date {
	if d == 0 {
		return ""
	}
	return consent.Date(fmt.Sprintf("%04d-%02d-%02d", d/10000, d/100%100, d%100))
}

// dayOf reads a scope's bound; 0 when there is none.
func dayOf(d consent.Date) (day, bool) {
	if d == "" {
		return 0, true
	}
	first, last, ok := parseDays([]byte(d))
	return first, ok && first == last && len(d) == len(time.DateOnly)
}

// parseDays reads a FHIR date, dateTime or instant (R4 §2.24.0.1) and returns
// the first and the last day it may mean: a whole month for 2019-05, a whole
// year for 2019. The day is the one written, in the record's own time zone.
func parseDays(b []byte) (first, last day, ok bool) {
	year, ok := number(b, 0, 4)
	if !ok || year == 0 {
		return 0, 0, false
	}
	if len(b) == 4 {
		return newDay(year, 1, 1), newDay(year, 12, 31), true
	}
	month, ok := number(b, 5, 2)
	if !ok || b[4] != '-' || month < 1 || month > 12 {
		return 0, 0, false
	}
	if len(b) == 7 {
		return newDay(year, month, 1), newDay(year, month, daysIn(year, month)), true
	}
	dom, ok := number(b, 8, 2)
	if !ok || b[7] != '-' || dom < 1 || dom > daysIn(year, month) {
		return 0, 0, false
	}
	if len(b) > 10 && !isTime(b[10:]) {
		return 0, 0, false
	}
	d := newDay(year, month, dom)
	return d, d, true
}

// number reads n digits of b from position i.
func number(b []byte, i, n int) (v int, ok bool) {
	if len(b) < i+n {
		return 0, false
	}
	for _, c := range b[i : i+n] {
		if !isDigit(c) {
			return 0, false
		}
		v = v*10 + int(c-'0')
	}
	return v, true
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// isTime reads what follows the day: T, hours, minutes, perhaps seconds with a
// fraction, and a zone. Servers leave out seconds and even the zone, so both may
// be missing; the day is plain all the same.
func isTime(b []byte) bool {
	hour, ok := number(b, 1, 2)
	if !ok || b[0] != 'T' || hour > 24 {
		return false
	}
	b = b[3:]
	for part := 0; part < 2 && len(b) > 0 && b[0] == ':'; part++ {
		v, ok := number(b, 1, 2)
		if !ok || v > 60 {
			return false
		}
		b = b[3:]
	}
	return isZone(fraction(b))
}

// fraction passes a decimal fraction, if there is one.
func fraction(b []byte) []byte {
	if len(b) < 2 || b[0] != '.' || !isDigit(b[1]) {
		return b
	}
	i := 1
	for i < len(b) && isDigit(b[i]) {
		i++
	}
	return b[i:]
}

func isZone(b []byte) bool {
	if len(b) == 0 || len(b) == 1 && b[0] == 'Z' {
		return true
	}
	if len(b) != 6 || b[0] != '+' && b[0] != '-' || b[3] != ':' {
		return false
	}
	hours, okH := number(b, 1, 2)
	minutes, okM := number(b, 4, 2)
	return okH && okM && hours <= 14 && minutes < 60
}
