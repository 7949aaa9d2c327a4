package world

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"carekey/consent"
	"carekey/fhir"
	"carekey/gateway/records"
	"carekey/gateway/store"
	"carekey/ledger"
)

// history is what the past year leaves to the institutions.
type history struct {
	charts  map[Role]store.Chart
	details map[Role][]shelved
	link    *pastLink
	moved   *movedRecord
}

type shelved struct {
	log        consent.LogID
	commitment consent.Hash
	detail     consent.Detail
}

// pastLink is the past transfer's link at each end.
type pastLink struct{ source, destination store.Link }

// history writes the past onto the ledger.
func (m *maker) history() (*history, error) {
	h := &history{charts: map[Role]store.Chart{}, details: map[Role][]shelved{}}
	if m.Empty {
		return h, nil
	}
	past, err := ledger.OpenPast(ledger.Config{Home: m.nodeHome()})
	if err != nil {
		return nil, err
	}
	c := &chronicle{
		past: past, genesis: m.genesis, agent: m.Patient, shelf: h.keep(m.plan.Network),
		members: map[Role]*member{}, charts: map[Role]*pastChart{}, record: m.Record.hospital, at: past.Time().Time(),
	}
	for _, role := range Gateways() {
		c.members[role] = &member{
			id: m.plan.IDs[role], ledger: m.keys[role].Ledger,
			seal: m.keys[role].Seal.RecipientText(), record: m.plan.Numbers[role],
		}
	}
	people := map[string]consent.Person{}
	for _, cl := range Clinicians() {
		people[cl.Call], _ = m.plan.person(cl.Call)
	}
	first := m.genesis.Time.Truncate(24 * time.Hour).Add(24 * time.Hour) // the next midnight
	y, err := writeYear(c, first, people, m.Seed)
	if err != nil {
		return nil, errors.Join(err, past.Abandon())
	}
	h.link, h.moved = y.link, y.moved
	for role, chart := range c.charts {
		h.charts[role] = store.Chart{
			Log: chart.log, Record: m.plan.Numbers[role], State: store.ChartOpen, Recipient: chart.keys.Seal.RecipientText(), Opening: chart.opening,
		}
	}
	if _, err := past.Write(now()); err != nil { // so that the newest header is fresh
		return nil, errors.Join(err, past.Abandon())
	}
	return h, past.Finish()
}

// now is the clock in the ledger's milliseconds.
func now() time.Time { return time.Now().Truncate(time.Millisecond) }

// keep is the shelf of the chronicle.
func (h *history) keep(network consent.NetworkID) shelf {
	return func(at Role, log consent.LogID, class consent.Class, d consent.Detail) error {
		h.details[at] = append(h.details[at], shelved{log, d.Commitment(network, log, class), d})
		return nil
	}
}

// furnish gives a gateway its charts, private parts and records.
func (m *maker) furnish(ctx context.Context, role Role, h *history) error {
	home := filepath.Join(m.dir, string(role))
	s, err := store.Open(ctx, home, m.keys[role].Seal)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.Update(ctx, func(tx *store.Tx) error { return h.leave(tx, role) }); err != nil {
		return err
	}
	e, err := records.OpenEmbedded(ctx, filepath.Join(home, RecordsFile))
	if err != nil {
		return err
	}
	defer e.Close()
	if err := m.Record.load(ctx, e, role); err != nil {
		return err
	}
	if role != Clinic || h.moved == nil {
		return nil
	}
	return m.fileMoved(ctx, e, h.moved)
}

// fileMoved files what the past transfer brought, as the gateway does.
func (m *maker) fileMoved(ctx context.Context, e *records.Embedded, moved *movedRecord) error {
	tx, err := fhir.Refile(moved.bundle, fhir.RefileKey{
		Transfer: moved.log.String(), Use: 1, Patient: m.Record.patients[Clinic].ID,
		Source:      fhir.Party{ID: m.plan.IDs[Hospital].String(), Name: Hospital.profile().name},
		Destination: fhir.Party{ID: m.plan.IDs[Clinic].String(), Name: Clinic.profile().name},
		At:          moved.at,
	})
	if err != nil {
		return err
	}
	return e.File(ctx, m.plan.Numbers[Clinic], tx)
}

// RecordsFile is the embedded record store in an institution's home.
const RecordsFile = "records.db"

func (h *history) leave(tx *store.Tx, role Role) error {
	if chart, ok := h.charts[role]; ok {
		if err := tx.PutChart(chart); err != nil {
			return err
		}
	}
	for _, d := range h.details[role] {
		if err := tx.PutDetail(d.log, d.commitment, d.detail); err != nil {
			return err
		}
	}
	if h.link == nil {
		return nil
	}
	switch role {
	case Hospital:
		return tx.PutLink(store.Source, h.link.source)
	case Clinic:
		return tx.PutLink(store.Destination, h.link.destination)
	}
	return nil
}
