package world

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"carekey/fhir"
	"carekey/gateway/records"
	"carekey/internal/synth"
)

// Record is what the institutions hold about the patient when the world is
// made: the hospital a long record, the others who she is.
type Record struct {
	Person   string // her name, for the wallet
	Source   string // file or folder; empty: made up
	hospital fhir.Bundle
	patients map[Role]fhir.Resource // at the other institutions
	numbers  map[Role]string
}

// MadeUp is the record of a person who does not exist.
func MadeUp(seed uint64, until time.Time) Record {
	r := Record{
		Person: "Rosa Lindqvist", hospital: synth.Record(seed, until),
		numbers: map[Role]string{Hospital: synth.RecordNumber, Clinic: "NH-3381", Lab: "BL-90217"},
	}
	r.patients = map[Role]fhir.Resource{}
	for _, role := range []Role{Clinic, Lab} {
		r.patients[role] = synth.PatientAt(role.profile().name, r.numbers[role])
	}
	return r
}

// Numbers are the patient's record numbers.
func (r Record) Numbers() map[Role]string { return r.numbers }

// load puts the record into an institution's store.
func (r Record) load(ctx context.Context, to *records.Embedded, role Role) error {
	if role == Hospital {
		return to.Load(ctx, r.numbers[role], r.hospital)
	}
	b, _ := fhir.NewBundle([]fhir.Resource{r.patients[role]})
	return to.Load(ctx, r.numbers[role], b)
}

// maxFiles bounds how many bundles a folder may hold.
const maxFiles = 1000

// ReadRecord reads FHIR R4 bundles from a file or a folder: the first patient
// found is the patient, and everything that is about nobody else her record.
// The notes say what was left out and why. Of a folder, a file that cannot be
// read is left out; one that was named alone is an error.
func ReadRecord(path string) (Record, []string, error) {
	files, err := bundleFiles(path)
	if err != nil {
		return Record{}, nil, err
	}
	var notes []string
	var bundles []fhir.Bundle
	for _, file := range files {
		b, omitted, err := readFile(file)
		if err != nil && file == path {
			return Record{}, nil, fmt.Errorf("%s cannot be read: %w", path, err)
		}
		if err != nil {
			notes = append(notes, fmt.Sprintf("%s was left out: %s", filepath.Base(file), err))
			continue
		}
		notes = append(notes, notesOf(filepath.Base(file), omitted)...)
		bundles = append(bundles, b)
	}
	all, twice := fhir.Merge(bundles...)
	if twice > 0 {
		notes = append(notes, notesOf(filepath.Base(path), []fhir.Omission{{Reason: fhir.Repeated, Count: uint32(twice)}})...)
	}
	patients := all.Patients()
	if len(patients) == 0 {
		return Record{}, notes, fmt.Errorf("%s holds no Patient, so there is nobody whose record it could be", path)
	}
	if len(patients) > 1 {
		notes = append(notes, fmt.Sprintf("%d patients found; the demo shows the first", len(patients)))
	}
	r, others := recordOf(all, patients[0])
	r.Source = path
	return r, append(notes, notesOf(filepath.Base(path), others)...), nil
}

func notesOf(name string, omitted []fhir.Omission) []string {
	var notes []string
	for _, o := range omitted {
		notes = append(notes, fmt.Sprintf("%s: %s", name, o))
	}
	return notes
}

func bundleFiles(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, e := range entries {
		if name := strings.ToLower(e.Name()); !e.IsDir() && (strings.HasSuffix(name, ".json") || strings.HasSuffix(name, ".ndjson")) {
			files = append(files, filepath.Join(path, e.Name()))
		}
	}
	slices.Sort(files)
	if len(files) == 0 || len(files) > maxFiles {
		return nil, fmt.Errorf("%s holds %d files of FHIR JSON; 1 to %d can be read", path, len(files), maxFiles)
	}
	return files, nil
}

// readFile reads an ordinary file. Devices and pipes are not opened: they may
// have no end.
func readFile(path string) (fhir.Bundle, []fhir.Omission, error) {
	info, err := os.Stat(path)
	if err != nil {
		return fhir.Bundle{}, nil, err
	}
	if !info.Mode().IsRegular() {
		return fhir.Bundle{}, nil, errors.New("it is not an ordinary file")
	}
	f, err := os.Open(path)
	if err != nil {
		return fhir.Bundle{}, nil, err
	}
	defer f.Close()
	limits := fhir.DefaultLimits()
	b, omitted, err := fhir.ReadBundle(f, limits)
	if errors.Is(err, fhir.ErrTooLarge) {
		err = fmt.Errorf("%w (%d MiB, and %d MiB for one record)", err, limits.Bytes>>20, limits.Resource>>20)
	}
	return b, omitted, err
}

// recordOf makes a person's record: all at the hospital, her identity at the
// other places. What is about others is left out.
func recordOf(all fhir.Bundle, patient fhir.Resource) (Record, []fhir.Omission) {
	d := fhir.DemographicsOf(patient)
	hers, others := all.Of(patient)
	return Record{
		Person: strings.TrimSpace(strings.Join(append(slices.Clone(d.Given), d.Family), " ")), hospital: hers,
		numbers:  map[Role]string{Hospital: "CH-1", Clinic: "NH-1", Lab: "BL-1"},
		patients: map[Role]fhir.Resource{Clinic: patient, Lab: patient},
	}, others
}
