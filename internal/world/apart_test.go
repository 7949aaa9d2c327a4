package world

import (
	"maps"
	"slices"
	"sync"
	"testing"

	"carekey/client"
	"carekey/consent"
	"carekey/internal/reach"
	"carekey/wallet"
)

// visitors' book: everything that any institution was asked.
type visits struct {
	mu  sync.Mutex
	all []visit
}

func (v *visits) note(one visit) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.all = append(v.all, one)
}

func (v *visits) list() []visit {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.all)
}

// watched puts an honest impostor in front of every gateway, which only writes
// down who asks for what.
func (s *stage) watched(t *testing.T) (*visits, func(*reach.Config)) {
	book := &visits{}
	at := map[consent.InstitutionID][]string{}
	for _, role := range Gateways() {
		i := newImpostor(t, s, role, func(i *impostor) { i.visited = book.note })
		at[s.House(role).ID] = []string{i.address}
	}
	return book, func(c *reach.Config) {
		c.Addresses = at
		c.Seeds = slices.Clone(c.Seeds)
		for n, i := range s.Institutions() {
			c.Seeds[n] = client.Target{Addresses: at[i.ID], Key: i.TLS[0].Key}
		}
	}
}

// TestLogsAreKeptApart: whatever the patient does, an institution is asked only
// for logs to which it is a party, each on connections of its own with that
// log's key; and a connection that carries transactions carries one log's.
func TestLogsAreKeptApart(t *testing.T) {
	t.Parallel()
	at := &pause{}
	s := newStage(t, pausing(at))
	book, through := s.watched(t)
	p := s.person(t, illnesses(), anna())
	p.reach = through
	p.opens()
	p.lives(at)
	if err := p.Block(soon(t), p.chart(Lab), true); err != nil {
		t.Fatal(err)
	}
	p.sees("the refusal", func(s wallet.Snapshot) bool { return len(s.Sending) == 0 })
	p.loses()
	p.finds()
	p.sees("her charts again", func(s wallet.Snapshot) bool {
		return len(s.Institutions) == 3 && len(s.Transfers) == 3 && s.Proof.Level == wallet.ProofGreen
	})

	parties := map[consent.LogID][]Role{}
	for _, role := range Gateways() {
		parties[p.chart(role)] = []Role{role}
	}
	for _, transfer := range p.Snapshot().Transfers {
		parties[transfer.ID] = []Role{Hospital, Clinic}
	}
	check := apart{t: t, parties: parties, stops: s.stops(t, parties), taken: map[consent.LogID]bool{}, lent: map[[2]any]consent.LogID{}, keyed: map[[2]any]consent.PublicKey{}}
	for _, v := range book.list() {
		check.visit(v)
	}
	read := map[consent.LogID]bool{}
	for _, v := range book.list() {
		if v.key != (consent.PublicKey{}) && len(v.logs) == 1 {
			read[v.logs[0]] = true
		}
	}
	for log := range maps.Keys(parties) {
		if !read[log] {
			t.Errorf("log %s was never read, so this test shows little", log)
		}
	}
}

// stops are the logs in which the patient has stopped something: a stop goes to
// every institution at once.
func (s *stage) stops(t *testing.T, logs map[consent.LogID][]Role) map[consent.LogID]bool {
	found := map[consent.LogID]bool{}
	for id := range logs {
		found[id] = slices.ContainsFunc(s.log(t, id), func(e entry) bool { return e.Class.Stops() })
	}
	return found
}

// apart checks visits one by one.
type apart struct {
	t       *testing.T
	parties map[consent.LogID][]Role
	stops   map[consent.LogID]bool
	taken   map[consent.LogID]bool       // a party was given a transaction of it, so others may follow
	lent    map[[2]any]consent.LogID     // connection → the log that it carries
	keyed   map[[2]any]consent.PublicKey // connection → its key
}

func (a apart) visit(v visit) {
	a.t.Helper()
	conn := [2]any{v.role, v.conn}
	if old, ok := a.keyed[conn]; ok && old != v.key {
		a.t.Errorf("one connection to %s has two keys", v.role)
	}
	a.keyed[conn] = v.key
	for _, log := range v.logs {
		if log == (consent.LogID{}) {
			continue // a key that opens nothing there
		}
		if old, ok := a.lent[conn]; ok && old != log {
			a.t.Errorf("one connection to %s carries two logs", v.role)
		}
		a.lent[conn] = log
		if v.key == (consent.PublicKey{}) && slices.Contains(a.parties[log], v.role) {
			a.taken[log] = true
		}
		carried := v.key == (consent.PublicKey{}) && (a.stops[log] || a.taken[log])
		if !carried && !slices.Contains(a.parties[log], v.role) {
			a.t.Errorf("%s was asked for a log that is none of its business: %s", v.role, log)
		}
	}
}
