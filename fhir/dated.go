package fhir

// dated is a date of the resource under the name of its member.
type dated struct {
	name       string
	start, end []byte
}

// dated notes a date or a period.
func (w *walk) dated(name string) {
	for _, d := range w.dates[:w.dateCount] {
		w.once(d.name != name)
	}
	d := dated{name: name}
	switch w.peek() {
	case '"':
		d.start = w.string()
		d.end = d.start
	case '{':
		d.start, d.end = w.period()
	default:
		w.value(0)
		return
	}
	if w.dateCount == len(w.dates) {
		w.fail(errTwice)
		return
	}
	w.dates[w.dateCount] = d
	w.dateCount++
}

// period reads a Period; one without an end goes on, one without a start is
// dated by its end.
func (w *walk) period() (start, end []byte) {
	w.open('{')
	for first := true; ; first = false {
		name, more := w.member(first)
		if !more {
			break
		}
		switch string(name) {
		case "start":
			w.once(start == nil)
			start = w.textOr(0)
		case "end":
			w.once(end == nil)
			end = w.textOr(0)
		default:
			w.value(0)
		}
	}
	return start, end
}

// date chooses the record's own date among those that stand in it. It returns
// false when that one is no date.
func (w *walk) date() bool {
	for _, name := range w.kind.dates {
		for _, d := range w.dates[:w.dateCount] {
			if d.name == name && (d.start != nil || d.end != nil) {
				return w.setDays(d)
			}
		}
	}
	return true
}

func (w *walk) setDays(d dated) bool {
	if d.start == nil {
		d.start = d.end
	}
	first, last, ok := parseDays(d.start)
	if !ok {
		return false
	}
	if d.end != nil {
		begin, end, ok := parseDays(d.end)
		if !ok || end < first {
			return false
		}
		if w.kind.whole && begin != 0 {
			last = max(last, end)
		}
	}
	w.facts.first, w.facts.last = first, last
	return true
}
