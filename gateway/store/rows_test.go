package store

import (
	"errors"
	"testing"

	"carekey/consent"
)

func TestOneOpenChartPerRecord(t *testing.T) {
	s := newStore(t)
	first := Chart{Log: logID("first"), Record: "42", State: ChartOpen}
	second := Chart{Log: logID("second"), Record: "42", State: ChartPending}
	update(t, s, func(tx *Tx) error { return errors.Join(tx.PutChart(first), tx.PutChart(second)) })

	second.State = ChartOpen
	err := s.Update(t.Context(), func(tx *Tx) error { return tx.PutChart(second) })
	if !errors.Is(err, ErrRecordTaken) {
		t.Fatalf("got %v", err)
	}
	first.State = ChartClosed
	update(t, s, func(tx *Tx) error { return tx.PutChart(first) })
	update(t, s, func(tx *Tx) error {
		c, err := tx.ChartOf("42")
		if err == nil && c.Log != first.Log {
			t.Error("a look after the end finds no chart")
		}
		return err
	})
	update(t, s, func(tx *Tx) error { return tx.PutChart(second) })
	update(t, s, func(tx *Tx) error {
		c, err := tx.ChartOf("42")
		if err == nil && c.Log != second.Log {
			t.Error("the closed chart hides the open one")
		}
		return err
	})
}

func TestInvitationIsUsedOnce(t *testing.T) {
	s := newStore(t)
	hash, log := consent.Hash{7}, logID("chart")
	update(t, s, func(tx *Tx) error { return tx.PutInvitation(Invitation{Hash: hash, Record: "42", Expiry: 10}) })
	update(t, s, func(tx *Tx) error {
		i, err := tx.Invitation(hash)
		if err != nil || i.Chart != nil || i.Record != "42" || i.Expiry != 10 {
			t.Errorf("got %+v, %v", i, err)
		}
		i.Chart = &log
		return tx.PutInvitation(i)
	})
	update(t, s, func(tx *Tx) error {
		if err := tx.WithdrawInvitations("42"); err != nil {
			return err
		}
		i, err := tx.Invitation(hash)
		if err == nil && (i.Chart == nil || *i.Chart != log) {
			t.Error("the used invitation is forgotten")
		}
		return err
	})
	update(t, s, func(tx *Tx) error { return tx.ForgetInvitations(11) })
	err := s.View(t.Context(), func(tx *Tx) error { _, err := tx.Invitation(hash); return err })
	if !IsNotFound(err) {
		t.Errorf("got %v", err)
	}
}

func TestOutbox(t *testing.T) {
	s := newStore(t)
	item := func(name string) consent.Item {
		return consent.NewItem(logID(name), consent.ClassAccess, consent.AccessFields{}, consent.Hash{1})
	}
	ready := func(now consent.Time) (got []Queued) {
		update(t, s, func(tx *Tx) (err error) {
			got, err = tx.Ready(now, 10)
			return err
		})
		return got
	}
	queue := func(name string, due consent.Time, company bool) {
		update(t, s, func(tx *Tx) error { _, err := tx.Queue(item(name), due, company); return err })
	}
	queue("lonely", 100, true)
	if got := ready(99); len(got) != 0 {
		t.Fatalf("an item that waits for company went alone: %v", got)
	}
	if got := ready(100); len(got) != 1 {
		t.Fatalf("an item whose time has come stays: %v", got)
	}
	queue("any", 0, false)
	both := ready(1)
	if len(both) != 2 {
		t.Fatalf("company came and the item stays: %v", both)
	}

	batch := Batch{ID: consent.Hash{9}, Tx: []byte("tx"), ValidUntil: 50}
	update(t, s, func(tx *Tx) error { return tx.PutBatch(batch, both) })
	if got := ready(200); len(got) != 0 {
		t.Fatalf("items under way are ready again: %v", got)
	}
	update(t, s, func(tx *Tx) error { return tx.ReturnBatch(batch.ID) })
	both = ready(200)
	if len(both) != 2 {
		t.Fatalf("a returned batch lost items: %v", both)
	}

	batch.ID = consent.Hash{10}
	update(t, s, func(tx *Tx) error {
		return errors.Join(tx.PutBatch(batch, both), tx.Prove(both[0].Seq, 5), tx.Refuse(both[1].Seq, "no"), tx.EndBatch(batch.ID))
	})
	update(t, s, func(tx *Tx) error {
		under, err := tx.Batches()
		proven, err2 := tx.Queued(both[0].Seq)
		refused, err3 := tx.Refused(5)
		if len(under) != 0 || proven.State != OutboxProven || proven.Number != 5 || len(refused) != 1 || refused[0].Text != "no" {
			t.Errorf("got %v, %+v, %+v", under, proven, refused)
		}
		return errors.Join(err, err2, err3)
	})
}

func TestDetailsByNumber(t *testing.T) {
	s := newStore(t)
	log := logID("chart")
	update(t, s, func(tx *Tx) error {
		for n := range uint64(5) {
			hash := consent.Hash{byte(n + 1)}
			v := consent.Verified{
				Entry: consent.Entry{Log: log, Number: n}, Item: consent.Item{Commitment: hash}, Leaf: []byte{byte(n)},
			}
			if err := tx.PutEntry(v); err != nil {
				return err
			}
			if n == 2 {
				continue // this one's detail is withheld
			}
			if err := tx.PutDetail(log, hash, detail(t, "x")); err != nil {
				return err
			}
		}
		return nil
	})
	update(t, s, func(tx *Tx) error {
		got, err := tx.Details(log, 1, 2)
		if err == nil && (len(got) != 2 || got[0].Number != 1 || got[1].Number != 3) {
			t.Errorf("got %v", got)
		}
		return err
	})
}

func TestLooseDetailsAreLimited(t *testing.T) {
	s := newStore(t)
	log := logID("chart")
	put := func(n int) error {
		return s.Update(t.Context(), func(tx *Tx) error {
			return tx.PutLooseDetail(log, consent.Hash{byte(n), 1}, detail(t, "x"))
		})
	}
	for n := range maxLoose {
		if err := put(n); err != nil {
			t.Fatalf("refused after %d: %v", n, err)
		}
	}
	if err := put(maxLoose); !errors.Is(err, ErrTooManyLoose) {
		t.Errorf("got %v", err)
	}
	update(t, s, func(tx *Tx) error {
		return tx.PutEntry(consent.Verified{Entry: consent.Entry{Log: log}, Item: consent.Item{Commitment: consent.Hash{7, 1}}})
	})
	if err := put(maxLoose); err != nil {
		t.Errorf("refused, though one has found its entry: %v", err)
	}
	if err := put(maxLoose + 1); !errors.Is(err, ErrTooManyLoose) {
		t.Errorf("got %v", err)
	}
}

func TestMarkNeverTwoAtOneHeight(t *testing.T) {
	s := newStore(t)
	mark := func(c consent.Cosigned) error {
		return s.Update(t.Context(), func(tx *Tx) error { return tx.Mark(c) })
	}
	a := consent.Cosigned{Height: 5, Hash: consent.Hash{1}, Time: 7}
	if err := errors.Join(mark(a), mark(a)); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []consent.Cosigned{
		{Height: 5, Hash: consent.Hash{2}, Time: 7},
		{Height: 5, Hash: consent.Hash{1}, Time: 8},
		{Height: 4, Hash: consent.Hash{1}, Time: 7},
	} {
		if err := mark(bad); !errors.Is(err, ErrTwoHeaders) {
			t.Errorf("%+v: got %v", bad, err)
		}
	}
	if err := mark(consent.Cosigned{Height: 6, Hash: consent.Hash{2}}); err != nil {
		t.Error(err)
	}
}

func TestUses(t *testing.T) {
	s := newStore(t)
	id := UseID{Transfer: logID("transfer"), Side: Destination, Use: 1}
	update(t, s, func(tx *Tx) error {
		return errors.Join(
			tx.PutUse(Use{UseID: id, Step: 1, State: []byte("a"), Wake: 4}),
			tx.PutUse(Use{UseID: UseID{id.Transfer, Destination, 2}, Step: 2, State: []byte("b"), Wake: 3}),
			tx.PutUse(Use{UseID: id, Step: 3, Done: true, State: []byte("c"), Wake: 9}),
		)
	})
	update(t, s, func(tx *Tx) error {
		open, err := tx.Unfinished()
		latest, err2 := tx.LatestUse(id.Transfer, Destination)
		one, err3 := tx.Use(id)
		if len(open) != 1 || latest.UseID.Use != 2 || one.Step != 3 || string(one.State) != "c" || !one.Done {
			t.Errorf("got %v, %v, %v", open, latest, one)
		}
		return errors.Join(err, err2, err3)
	})
}
