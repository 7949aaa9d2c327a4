package records

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"carekey/fhir"
)

// followed is the types outside a patient's compartment that records refer to
// and need to be understood. References to other patients, groups and the like
// are not followed.
var followed = []string{
	"Practitioner", "PractitionerRole", "Organization", "Location", "Medication", "Substance",
	"Endpoint", "HealthcareService", "Binary", "MedicationKnowledge", "Device", "Specimen",
}

// follow adds what the bundle refers to and the searches did not bring.
func (s *Server) follow(ctx context.Context, left *budget, bundle fhir.Bundle) (fhir.Bundle, []fhir.Omission, error) {
	tried := map[string]bool{}
	var omitted []fhir.Omission
	looked := 0
	for range maxFollowDepth {
		wanted := s.wanted(bundle, looked, tried)
		if len(wanted) == 0 {
			break
		}
		if len(tried) > maxFollowed {
			return fhir.Bundle{}, nil, ErrTooMuch
		}
		found, bad, err := s.readAll(ctx, left, wanted)
		if err != nil {
			return fhir.Bundle{}, nil, err
		}
		looked, omitted = len(bundle.Entries), fhir.MergeOmissions(omitted, bad)
		bundle, _ = fhir.NewBundle(append(bundle.Entries, found...))
	}
	return bundle, omitted, nil
}

// wanted lists the references of entries from an index on that lead nowhere in
// the bundle, each once, in order.
func (s *Server) wanted(bundle fhir.Bundle, from int, tried map[string]bool) []string {
	var list []string
	for _, r := range bundle.Entries[from:] {
		for _, ref := range r.References() {
			ref, ok := s.relative(ref)
			if !ok || tried[ref] {
				continue
			}
			tried[ref] = true
			if _, here := bundle.Find(ref); !here {
				list = append(list, ref)
			}
		}
	}
	return list
}

// relative returns a reference as Type/id if it leads to a followed type of
// this server.
func (s *Server) relative(ref string) (string, bool) {
	ref = strings.TrimPrefix(ref, s.base.String()+"/")
	ref, _, _ = strings.Cut(ref, "/_history/")
	t, id, ok := strings.Cut(ref, "/")
	return ref, ok && id != "" && slices.Contains(followed, t) && !strings.ContainsAny(id, "/?#%. \\")
}

// readAll reads resources one by one. One that is not there, is not given or is
// too large stays a reference into nothing, which the manifest tells.
func (s *Server) readAll(ctx context.Context, left *budget, refs []string) ([]fhir.Resource, []fhir.Omission, error) {
	found := make([]fhir.Bundle, len(refs))
	omitted := make([][]fhir.Omission, len(refs))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallelSearches)
	for i, ref := range refs {
		group.Go(func() (err error) {
			found[i], omitted[i], err = s.readOne(ctx, left, ref)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, nil, err
	}
	var all []fhir.Resource
	for i, b := range found {
		if len(b.Entries) == 1 && b.Entries[0].Ref() == refs[i] {
			all = append(all, b.Entries[0])
		}
	}
	return all, fhir.MergeOmissions(omitted...), nil
}

func (s *Server) readOne(ctx context.Context, left *budget, ref string) (fhir.Bundle, []fhir.Omission, error) {
	b, err := s.get(ctx, s.url(ref, nil))
	if missing(err) || withheld(err) || errors.Is(err, errLargeAnswer) {
		return fhir.Bundle{}, nil, nil
	}
	if err != nil {
		return fhir.Bundle{}, nil, err
	}
	if err := left.spend(len(b)); err != nil {
		return fhir.Bundle{}, nil, err
	}
	found, omitted, err := fhir.ReadBundle(bytes.NewReader(b), fhir.Limits{})
	if err != nil { // a document as it is, or a page for people
		omitted = []fhir.Omission{{Reason: fhir.BadJSON, Count: 1, Examples: []string{ref}}}
	}
	return found, omitted, nil
}
