package records

import (
	"context"
	"errors"

	"carekey/fhir"
)

// Records is an institution's record system.
type Records interface {
	// Patient returns the one Patient that a record number names, or
	// [ErrNoRecord], [ErrSeveral] or [ErrUnavailable].
	Patient(ctx context.Context, record string) (fhir.Resource, error)
	// Read returns all that is held under a record number, its Patient first,
	// with what the records refer to, and what could not be read.
	Read(ctx context.Context, record string) (fhir.Bundle, []fhir.Omission, error)
	// Outline is Read for whoever goes through the record once more, in its
	// order: what the records say may stay where it is until then. ctx must live
	// as long.
	Outline(ctx context.Context, record string) (fhir.Outline, []fhir.Omission, error)
	// File carries out a transaction, as [fhir.Refile] makes them: all or none,
	// and twice is once. Its error is a [*Rejected] if the record system answers
	// and does not take the records.
	File(ctx context.Context, record string, t fhir.Transaction) error
}

var (
	// ErrNoRecord means that no patient has this record number.
	ErrNoRecord = errors.New("no patient has this record number")
	// ErrSeveral means that a record number names more than one patient.
	ErrSeveral = errors.New("more than one patient has this record number")
	// ErrUnavailable means that the record system cannot be reached or does not
	// answer as it should; it may do so later.
	ErrUnavailable = errors.New("the record system gives no usable answer")
	// ErrTooMuch means that a record is larger than the limits allow.
	ErrTooMuch = errors.New("the record is larger than the limits allow")
)

// Rejected means that the record system refused what was to be filed; trying
// again would not help.
type Rejected struct {
	Text string // what it said
}

func (r *Rejected) Error() string { return "the record system refused: " + r.Text }
