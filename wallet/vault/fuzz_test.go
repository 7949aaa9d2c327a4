package vault

import (
	"bytes"
	"errors"
	"os"
	"testing"

	"carekey/consent"
)

// plainFiles gives the plain bytes of a real vault's files of one kind.
func plainFiles(f *testing.F, k kind) [][]byte {
	f.Helper()
	v := openTest(f, f.TempDir(), newSeal(f))
	numbered(f, v, 1, 0, 40)
	commit(f, v, Batch{
		New:     []Entry{testEntry(2, 0, 17), testEntry(3, 0, 5)},
		Summary: []byte("home"), Blobs: map[string][]byte{"outbox": make([]byte, maxHereBlobs+1), "small": []byte("o"), "details": nil},
	})
	var names []string
	switch k {
	case headKind:
		h, _, err := v.safe.readHead(v.dir)
		if err != nil {
			f.Fatal(err)
		}
		return [][]byte{consent.Encode(h)}
	case segmentKind:
		var plain [][]byte
		for _, s := range v.now.head.Segments {
			plain = append(plain, s.Here)
		}
		return plain
	case blobKind:
		names = append(names, v.dir.blob(v.now.head.Blobs[0].ID))
	}
	var plain [][]byte
	for _, name := range names {
		b, err := v.safe.readSealed(name, k, 1<<20)
		if err != nil {
			f.Fatal(err)
		}
		plain = append(plain, b)
	}
	return plain
}

func FuzzHead(f *testing.F) {
	for _, b := range plainFiles(f, headKind) {
		f.Add(b)
	}
	f.Add(consent.Encode(head{Label: headKind.label(), Generation: 1}))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := decodeHead(b)
		if err == nil && !bytes.Equal(consent.Encode(h), b) {
			t.Errorf("%x is read and written as %x", b, consent.Encode(h))
		}
	})
}

// FuzzSide: any bytes on one side are refused or hold a head that is written back
// as it was; the head on the other side is found whatever they are.
func FuzzSide(f *testing.F) {
	v := openTest(f, f.TempDir(), newSeal(f))
	commit(f, v, Batch{Summary: []byte("home")})
	for s := range side(sides) {
		b, err := os.ReadFile(v.dir.head(s))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
		f.Add(append(b, "of a longer one"...))
	}
	good, err := os.ReadFile(v.dir.head(v.now.at))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good[:80])
	f.Fuzz(func(t *testing.T, b []byte) {
		dir := folder(t.TempDir())
		if err := errors.Join(os.WriteFile(dir.head(0), b, 0o600), os.WriteFile(dir.head(1), good, 0o600)); err != nil {
			t.Fatal(err)
		}
		w, err := readSide(dir, 0)
		if err == nil {
			if again, _ := headFile(w.generation, w.sealed); !bytes.HasPrefix(b, again) {
				t.Errorf("%x is read and written as %x", b, again)
			}
		}
		if found, err := newest(dir); err != nil && !errors.Is(err, ErrNewer) || err == nil && found.generation < v.now.head.Generation {
			t.Errorf("the other side: %v, generation %d", err, found.generation)
		}
	})
}

func FuzzRecord(f *testing.F) {
	for n := range 4 {
		b, err := testEntry(1, n, 0).Record.encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := decodeRecord(b)
		if err != nil {
			return
		}
		if again, err := r.encode(); err == nil && !bytes.Equal(again, b) {
			t.Errorf("%x is read and written as %x", b, again)
		}
	})
}

func FuzzBlob(f *testing.F) {
	for _, b := range plainFiles(f, blobKind) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var raw blobBytes
		if consent.Decode(b, len(b), &raw) != nil {
			return
		}
		value, err := decodeBlob(b, blobRef{ID: raw.ID, Name: raw.Name})
		if err == nil && !bytes.Equal(value, raw.Value) {
			t.Errorf("%x is read as %x", b, value)
		}
		if _, err := decodeBlob(b, blobRef{ID: raw.ID, Name: raw.Name + "x"}); err == nil {
			t.Error("another blob's name was accepted")
		}
	})
}

// A segment of any bytes is refused or can be read to its end; what is read
// and written again is the same.
func FuzzSegment(f *testing.F) {
	for _, b := range plainFiles(f, segmentKind) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		plain := bytes.NewReader(b)
		foot, err := readFooter(plain, int64(len(b)))
		if err != nil {
			return
		}
		names := newInterner()
		names.logs = make([]consent.LogID, min(foot.FirstLog, 100))
		names.institutions = make([]consent.InstitutionID, min(foot.FirstInstitution, 100))
		if foot.readNames(plain, names) != nil {
			return
		}
		rows, err := foot.readRows(plain, names.tables, 0)
		if err != nil {
			return
		}
		seg := &segment{plain: plain, foot: foot}
		d := &draft{names: tables{names.logs[foot.FirstLog:], names.institutions[foot.FirstInstitution:]}}
		d.foot.ID, d.foot.FirstLog, d.foot.FirstInstitution = foot.ID, foot.FirstLog, foot.FirstInstitution
		tight := int64(0)
		for _, r := range rows {
			if int64(r.offset) != tight {
				tight = -1
				break
			}
			raw, err := foot.record(plain, r.offset)
			if err != nil {
				return
			}
			tight += lengthSize + int64(len(raw))
		}
		d.add(rows, &window{segment: seg})
		var again bytes.Buffer
		err = d.write(t.Context(), &again)
		if tight == foot.Records && (err != nil || !bytes.Equal(again.Bytes(), b)) {
			t.Errorf("%v: %x is read and written as %x", err, b, again.Bytes())
		}
	})
}

func FuzzFirstLine(f *testing.F) {
	for _, k := range []kind{headKind, segmentKind, blobKind} {
		f.Add([]byte(k.label() + "\nage-encryption.org/v1\n"))
	}
	f.Add([]byte("carekey vault head 3\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		n, err := headKind.check(b)
		if err == nil && string(b[:n]) != headKind.label()+"\n" {
			t.Errorf("%q begins a head", b)
		}
		s := newSafeWithoutKeys()
		if _, _, err := s.openAt(bytes.NewReader(b), int64(len(b)), headKind); err == nil {
			t.Error("opened without a key")
		}
	})
}

// newSafeWithoutKeys opens nothing.
func newSafeWithoutKeys() safe { return safe{} }
