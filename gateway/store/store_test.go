package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"filippo.io/age"

	"carekey/consent"
)

// testKey is a seal identity of a test.
type testKey struct{ *age.HybridIdentity }

func (k testKey) Recipient() age.Recipient { return k.HybridIdentity.Recipient() }

func newTestKey(t *testing.T) testKey {
	t.Helper()
	id, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	return testKey{id}
}

func open(t *testing.T, dir string, key Key) *Store {
	t.Helper()
	s, err := Open(t.Context(), dir, key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func newStore(t *testing.T) *Store {
	t.Helper()
	s := open(t, t.TempDir(), newTestKey(t))
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func update(t *testing.T, s *Store, f func(*Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

func logID(name string) consent.LogID { return sha256.Sum256([]byte(name)) }

func detail(t *testing.T, text string) consent.Detail {
	t.Helper()
	d, err := consent.NewDetail(&consent.Query{Text: text})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// everything returns the bytes of all files below dir.
func everything(t *testing.T, dir string) []byte {
	t.Helper()
	var all []byte
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		all = append(all, b...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestReopenKeepsEverything(t *testing.T) {
	dir, key := t.TempDir(), newTestKey(t)
	s := open(t, dir, key)
	d := detail(t, "kept")
	log := logID("chart")
	hash := d.Commitment(consent.NetworkID{1}, log, consent.ClassSay)
	update(t, s, func(tx *Tx) error { return tx.PutDetail(log, hash, d) })
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir, key)
	defer s.Close()
	update(t, s, func(tx *Tx) error {
		got, err := tx.Detail(log, hash)
		if err == nil && !bytes.Equal(got.Content, d.Content) {
			t.Error("another detail came back")
		}
		return err
	})
}

func TestOpenRefuses(t *testing.T) {
	t.Run("a second process", func(t *testing.T) {
		dir, key := t.TempDir(), newTestKey(t)
		s := open(t, dir, key)
		defer s.Close()
		if _, err := Open(t.Context(), dir, key); !errors.Is(err, ErrInUse) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("another identity", func(t *testing.T) {
		dir := t.TempDir()
		if err := open(t, dir, newTestKey(t)).Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), dir, newTestKey(t)); err == nil {
			t.Error("another institution's identity opened the store")
		}
	})
	t.Run("a newer format", func(t *testing.T) {
		dir, key := t.TempDir(), newTestKey(t)
		s := open(t, dir, key)
		if _, err := s.write.Exec("PRAGMA user_version = 99"); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), dir, key); !errors.Is(err, ErrNewerFormat) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("another program's database", func(t *testing.T) {
		dir := t.TempDir()
		db, err := sql.Open("sqlite", filepath.Join(dir, "gateway.db"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec("CREATE TABLE theirs (x)"); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), dir, newTestKey(t)); !errors.Is(err, ErrForeign) {
			t.Errorf("got %v", err)
		}
	})
}

func TestNothingReadableOnDisk(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, newTestKey(t))
	defer s.Close()
	const marker = "MARKER-9b1c7f"
	log := logID("chart")
	d := detail(t, marker)
	update(t, s, func(tx *Tx) error {
		return errors.Join(
			tx.PutChart(Chart{Log: log, Record: marker, State: ChartOpen}),
			tx.PutInvitation(Invitation{Hash: consent.Hash{1}, Record: marker}),
			tx.PutDetail(log, consent.Hash{2}, d),
			tx.PutTicket(Ticket{Destination: consent.PublicKey{3}, Seed: Seed([]byte(marker + marker + marker)[:32])}),
			tx.PutUse(Use{UseID: UseID{Transfer: log, Side: Source, Use: 1}, State: []byte(marker)}),
		)
	})
	if bytes.Contains(everything(t, dir), []byte(marker)) {
		t.Error("what tells about a person stands on the disk in clear")
	}
}

func TestErasedDetailLeavesNoBytes(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, newTestKey(t))
	defer s.Close()
	log, hash := logID("chart"), consent.Hash{2}
	update(t, s, func(tx *Tx) error { return tx.PutDetail(log, hash, detail(t, "gone")) })
	var sealed []byte
	if err := s.read.QueryRow("SELECT sealed FROM details").Scan(&sealed); err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(everything(t, dir), sealed) {
		t.Fatal("the sealed detail is not on the disk to begin with")
	}
	update(t, s, func(tx *Tx) error { return tx.EraseDetail(hash) })
	if err := s.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(everything(t, dir), sealed) {
		t.Error("the erased detail is still on the disk")
	}
}

func TestSealedRowCannotStandForAnother(t *testing.T) {
	s := newStore(t)
	log := logID("chart")
	one, two := consent.Hash{1}, consent.Hash{2}
	update(t, s, func(tx *Tx) error {
		return errors.Join(tx.PutDetail(log, one, detail(t, "one")), tx.PutDetail(log, two, detail(t, "two")))
	})
	if _, err := s.write.Exec(`UPDATE details SET sealed = (SELECT sealed FROM details WHERE commitment = ?) WHERE commitment = ?`, one[:], two[:]); err != nil {
		t.Fatal(err)
	}
	err := s.View(t.Context(), func(tx *Tx) error {
		_, err := tx.Detail(log, two)
		return err
	})
	if !errors.Is(err, ErrDamaged) {
		t.Errorf("got %v", err)
	}
}

func TestFailedUpdateWritesNothing(t *testing.T) {
	s := newStore(t)
	log, hash, no := logID("chart"), consent.Hash{2}, errors.New("no")
	err := s.Update(t.Context(), func(tx *Tx) error {
		if err := tx.PutDetail(log, hash, detail(t, "gone")); err != nil {
			return err
		}
		return no
	})
	if !errors.Is(err, no) {
		t.Fatal(err)
	}
	err = s.View(t.Context(), func(tx *Tx) error { _, err := tx.Detail(log, hash); return err })
	if !IsNotFound(err) {
		t.Errorf("got %v", err)
	}
}

func TestMigrationKeepsACopy(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "old.db")
	db, err := connect(path, "immediate", 1)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := migrate(context.Background(), db, path); err != nil {
		t.Fatal(err)
	}
	if err := backup(t.Context(), db, path+".format-0"); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path + ".format-0")
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the copy can be read by others: %v", info.Mode())
	}
}

func TestBundles(t *testing.T) {
	s := newStore(t)
	id := UseID{Transfer: logID("transfer"), Side: Source, Use: 1}
	if _, _, err := s.OpenBundle(id); !IsNotFound(err) {
		t.Fatalf("got %v", err)
	}
	write := func(text string) error {
		return s.WriteBundle(id, func(w io.Writer) error { _, err := io.WriteString(w, text); return err })
	}
	if err := write("first"); err != nil {
		t.Fatal(err)
	}
	no := errors.New("disk full")
	if err := s.WriteBundle(id, func(io.Writer) error { return no }); !errors.Is(err, no) {
		t.Fatalf("got %v", err)
	}
	f, size, err := s.OpenBundle(id)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, err := io.ReadAll(f)
	if err != nil || string(got) != "first" || size != 5 {
		t.Errorf("a failed write changed the bundle: %q, %d, %v", got, size, err)
	}
	if err := errors.Join(s.RemoveBundle(id), s.RemoveBundle(id)); err != nil {
		t.Error(err)
	}
}

func TestSweepBundles(t *testing.T) {
	s := newStore(t)
	use := func(name string, done bool) UseID {
		u := Use{UseID: UseID{Transfer: logID(name), Side: Source, Use: 1}, Step: 1, Done: done}
		update(t, s, func(tx *Tx) error { return tx.PutUse(u) })
		return u.UseID
	}
	under, ended, orphan := use("under way", false), use("ended", true), UseID{Transfer: logID("orphan"), Side: Source, Use: 1}
	for _, id := range []UseID{under, ended, orphan} {
		if err := s.WriteBundle(id, func(io.Writer) error { return nil }); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(s.bundlePath(id)+".part", nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.SweepBundles(t.Context()); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(s.bundles, "*"))
	want := s.bundlePath(under)
	if err != nil || !slices.Equal(left, []string{want, want + ".part"}) {
		t.Errorf("left are %v, %v; want those of %s", left, err, want)
	}
}

// TestSweepSparesWhatIsWrittenMeanwhile: sweeping while uses begin deletes no
// bundle of theirs.
func TestSweepSparesWhatIsWrittenMeanwhile(t *testing.T) {
	s := newStore(t)
	stop, swept := make(chan struct{}), make(chan error, 1)
	go func() {
		for {
			select {
			case <-stop:
				swept <- nil
				return
			default:
			}
			if err := s.SweepBundles(t.Context()); err != nil {
				swept <- err
				return
			}
		}
	}()
	for n := range uint32(200) {
		id := UseID{Transfer: logID("transfer"), Side: Source, Use: n}
		update(t, s, func(tx *Tx) error { return tx.PutUse(Use{UseID: id, Step: 1}) })
		if err := s.WriteBundle(id, func(io.Writer) error { return nil }); err != nil {
			t.Fatal(err)
		}
		f, _, err := s.OpenBundle(id)
		if err != nil {
			t.Fatalf("use %d: %v", n, err)
		}
		f.Close()
	}
	close(stop)
	if err := <-swept; err != nil {
		t.Error(err)
	}
}
