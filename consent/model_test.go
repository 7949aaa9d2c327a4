package consent_test

// The model: what must be so, written down a second time and from the
// protocol's text alone. It imports nothing; times are seconds.

const (
	modelHour = int64(3600)
	modelDay  = 24 * modelHour
)

// deed is something that somebody tries.
type deed struct {
	Verb   string
	By     string // patient, stale (a key rotated away), stranger, holder, rival, source, destination
	Log    int    // which chart, or which transfer
	Number int    // of a grant or a use
	Until  int64
	Uses   int
}

// stops tells whether a block puts the deed before all others.
func (d deed) stops() bool { return d.Verb == "revoke" || d.Verb == "freeze" || d.Verb == "stop" }

type model struct {
	now, live  int64
	liveBound  int64 // most that one block adds to live time
	perDay     int   // logs that the sponsor may open
	day, today int64
	charts     []modelChart
	transfers  []modelTransfer
}

type modelRate struct{ hour, words, stops int64 }

type modelChart struct {
	open, closed bool
	frozen       int64
	size         int
	rotations    int
	grants       map[int]*modelGrant
	rate         modelRate
}

type modelGrant struct {
	until     int64
	limited   bool
	left      int
	takenBack bool
}

type modelTransfer struct {
	open, stopped        bool
	until                int64
	uses, spent, current int
	step                 string // "", collected, released
	deadline             int64
	rate                 modelRate
}

// block lets time pass.
func (m *model) block(seconds int64) {
	m.now += seconds
	m.live += min(seconds, m.liveBound)
}

// tries tells whether the deed succeeds, and does it.
func (m *model) tries(d deed) bool {
	switch d.Verb {
	case "open chart":
		c := &m.charts[d.Log]
		ok := d.By == "patient" && !c.open && d.Until > m.now && d.Until <= m.now+8*modelDay && m.mayOpen()
		if ok {
			*c = modelChart{open: true, size: 1, grants: map[int]*modelGrant{}}
			c.rate.counts(m.now, false)
		}
		return ok
	case "open transfer":
		t := &m.transfers[d.Log]
		ok := d.By == "patient" && !t.open && d.Until > m.now && d.Uses > 0 && m.mayOpen()
		if ok {
			*t = modelTransfer{open: true, until: d.Until, uses: d.Uses}
			t.rate.counts(m.now, false)
		}
		return ok
	case "collect", "release", "received", "void", "undelivered", "stop":
		t := &m.transfers[d.Log]
		return t.open && m.moves(t, d)
	}
	c := &m.charts[d.Log]
	ok := c.open && m.writes(c, d)
	if ok {
		c.size++
	}
	return ok
}

func (m *model) mayOpen() bool {
	if m.day != m.now/modelDay {
		m.day, m.today = m.now/modelDay, 0
	}
	if m.today >= int64(m.perDay) {
		return false
	}
	m.today++
	return true
}

func (r *modelRate) counts(now int64, stop bool) bool {
	if r.hour != now/modelHour {
		*r = modelRate{hour: now / modelHour}
	}
	n := &r.words
	if stop {
		n = &r.stops
	}
	if *n >= 60 {
		return false
	}
	*n++
	return true
}

// writes are the deeds in a chart. Nothing changes unless all is well.
func (m *model) writes(c *modelChart, d deed) bool {
	calm := m.now >= c.frozen && !c.closed
	g := c.grants[d.Number]
	alive := g != nil && !g.takenBack && (!g.limited || g.left > 0)
	if d.Verb == "look" || d.Verb == "use" || d.Verb == "ask" {
		if d.By != "holder" || d.Verb == "use" && (!alive || c.closed || m.now >= g.until) {
			return false
		}
		if d.Verb == "use" && g.limited {
			g.left--
		}
		return true
	}
	if d.By != "patient" {
		return false
	}
	ok := map[string]bool{
		"speak":  true,
		"grant":  calm && d.Until > m.now && d.Until <= m.now+3650*modelDay,
		"revoke": alive,
		"freeze": d.Until > m.now && d.Until <= m.now+30*modelDay && d.Until > c.frozen,
		"close":  calm,
		"rotate": calm,
	}[d.Verb]
	if !ok || !c.rate.counts(m.now, d.stops()) {
		return false
	}
	switch d.Verb {
	case "grant":
		c.grants[c.size] = &modelGrant{until: d.Until, limited: d.Uses > 0, left: d.Uses}
	case "revoke":
		g.takenBack = true
	case "freeze":
		c.frozen = d.Until
	case "close":
		c.closed = true
	case "rotate":
		c.rotations++
	}
	return true
}

// moves are the deeds in a transfer.
func (m *model) moves(t *modelTransfer, d deed) bool {
	who := map[string][2]string{
		"collect": {"destination"}, "release": {"source"}, "received": {"destination"},
		"void": {"source", "destination"}, "undelivered": {"source", "destination"}, "stop": {"patient"},
	}[d.Verb]
	if d.By != who[0] && d.By != who[1] {
		return false
	}
	late := t.step == "collected" && m.live >= t.deadline
	this := d.Number == t.current
	ok := map[string]bool{
		"collect":     (t.step == "" || late) && !t.stopped && m.now < t.until && t.spent < t.uses && d.Number == t.current+1,
		"release":     this && t.step == "collected" && !late && !t.stopped && m.now < t.until,
		"received":    this && t.step == "released",
		"void":        this && t.step == "collected",
		"undelivered": this && t.step == "released",
		"stop":        !t.stopped && (t.step != "" || t.spent < t.uses),
	}[d.Verb]
	if !ok || !t.rate.counts(m.now, d.stops()) {
		return false
	}
	switch d.Verb {
	case "collect":
		t.step, t.current, t.deadline = "collected", d.Number, m.live+600
	case "release":
		t.step = "released"
		t.spent++
	case "received", "void":
		t.step = ""
	case "undelivered":
		t.step = ""
		t.spent--
	case "stop":
		t.stopped = true
	}
	return true
}
