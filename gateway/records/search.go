package records

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"carekey/fhir"
)

// compartment is the resource types that can be about a patient, with the
// search parameter that says so (http://hl7.org/fhir/R4/compartmentdefinition-patient.html).
var compartment = []struct{ resourceType, parameter string }{
	{"Encounter", "patient"}, {"Condition", "patient"}, {"Observation", "patient"},
	{"DiagnosticReport", "patient"}, {"MedicationRequest", "patient"}, {"MedicationStatement", "patient"},
	{"MedicationAdministration", "patient"}, {"MedicationDispense", "patient"}, {"AllergyIntolerance", "patient"},
	{"Immunization", "patient"}, {"Procedure", "patient"}, {"CarePlan", "patient"}, {"CareTeam", "patient"},
	{"Goal", "patient"}, {"DocumentReference", "patient"}, {"Composition", "patient"}, {"ImagingStudy", "patient"},
	{"ServiceRequest", "patient"}, {"Device", "patient"}, {"FamilyMemberHistory", "patient"},
	{"Coverage", "patient"}, {"Claim", "patient"}, {"ExplanationOfBenefit", "patient"},
	{"Account", "patient"}, {"AdverseEvent", "subject"}, {"Appointment", "patient"}, {"BodyStructure", "patient"},
	{"ChargeItem", "patient"}, {"ClaimResponse", "patient"}, {"ClinicalImpression", "patient"},
	{"Communication", "patient"}, {"CoverageEligibilityRequest", "patient"},
	{"CoverageEligibilityResponse", "patient"}, {"DetectedIssue", "patient"}, {"DeviceRequest", "patient"},
	{"DeviceUseStatement", "patient"}, {"DocumentManifest", "patient"}, {"EpisodeOfCare", "patient"},
	{"Flag", "patient"}, {"ImmunizationEvaluation", "patient"}, {"ImmunizationRecommendation", "patient"},
	{"Invoice", "patient"}, {"Media", "patient"}, {"MolecularSequence", "patient"}, {"NutritionOrder", "patient"},
	{"QuestionnaireResponse", "patient"}, {"RequestGroup", "patient"}, {"RiskAssessment", "patient"},
	{"Specimen", "patient"}, {"SupplyDelivery", "patient"}, {"SupplyRequest", "subject"},
	{"VisionPrescription", "patient"},
}

// Patient is [Records.Patient]. A record number is an identifier of the
// Patient, or "Patient/ID".
func (s *Server) Patient(ctx context.Context, record string) (fhir.Resource, error) {
	if id, ok := strings.CutPrefix(record, "Patient/"); ok {
		return s.patientByID(ctx, id)
	}
	token := escapeToken(record)
	if s.options.System != "" {
		token = escapeToken(s.options.System) + "|" + token
	}
	found, _, err := s.search(ctx, newBudget(s.options.Limit), "Patient", url.Values{"identifier": {token}})
	if err != nil {
		return fhir.Resource{}, err
	}
	r, err := onePatient(found.Patients())
	if err == nil && !s.hasNumber(r, record) {
		return fhir.Resource{}, ErrNoRecord // servers may search more widely than asked
	}
	return r, err
}

// escapeToken escapes what separates values in a search
// (http://hl7.org/fhir/R4/search.html#escaping).
func escapeToken(v string) string {
	return strings.NewReplacer(`\`, `\\`, `,`, `\,`, `|`, `\|`, `$`, `\$`).Replace(v)
}

func (s *Server) patientByID(ctx context.Context, id string) (fhir.Resource, error) {
	b, err := s.get(ctx, s.url("Patient/"+url.PathEscape(id), nil))
	if missing(err) {
		return fhir.Resource{}, ErrNoRecord
	}
	if err != nil {
		return fhir.Resource{}, err
	}
	r, err := parseOne(b)
	if err == nil && (r.Type != "Patient" || r.ID != id) {
		err = ErrNoRecord
	}
	return r, err
}

// hasNumber tells whether a patient has the number among the identifiers.
func (s *Server) hasNumber(r fhir.Resource, number string) bool {
	var p struct {
		Identifier []struct{ System, Value string } `json:"identifier"`
	}
	if json.Unmarshal(r.Raw, &p) != nil {
		return false
	}
	for _, i := range p.Identifier {
		if i.Value == number && (s.options.System == "" || i.System == s.options.System) {
			return true
		}
	}
	return false
}

// Read is [Records.Read].
func (s *Server) Read(ctx context.Context, record string) (fhir.Bundle, []fhir.Omission, error) {
	ctx, cancel := context.WithTimeout(ctx, s.reading)
	defer cancel()
	patient, err := s.Patient(ctx, record)
	if err != nil {
		return fhir.Bundle{}, nil, err
	}
	left := newBudget(s.options.Limit)
	bundles := make([]fhir.Bundle, len(compartment)+1)
	omitted := make([][]fhir.Omission, len(compartment))
	results := make([]result, len(compartment))
	bundles[0], _ = fhir.NewBundle([]fhir.Resource{patient})
	group, ctx2 := errgroup.WithContext(ctx)
	group.SetLimit(parallelSearches)
	for i, c := range compartment {
		group.Go(func() (err error) {
			bundles[i+1], omitted[i], err = s.search(ctx2, left, c.resourceType,
				url.Values{c.parameter: {"Patient/" + patient.ID}})
			results[i], err = resultOf(err)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return fhir.Bundle{}, nil, err
	}
	kept, err := keptBack(results)
	if err != nil {
		return fhir.Bundle{}, nil, err
	}
	bundle, _ := fhir.Merge(bundles...)
	bundle, more, err := s.follow(ctx, left, bundle)
	return bundle, append(fhir.MergeOmissions(append(omitted, more)...), kept...), err
}

// result is how the search for one type of resources ended.
type result uint8

const (
	answered result = iota
	unkept          // the server does not keep such records
	refused         // it keeps them to itself, or part of them
)

// resultOf is what an error of a search says. Any other error may be gone
// later, so that nothing is read as if it were not there.
func resultOf(err error) (result, error) {
	var later *laterPage
	switch {
	case refusesSearch(err):
		return refused, nil
	case missing(err) && !errors.As(err, &later):
		return unkept, nil
	}
	return answered, err
}

// keptBack names the types that the server refuses, one by one. A server that
// refuses all of them gives no record.
func keptBack(results []result) ([]fhir.Omission, error) {
	var kept []fhir.Omission
	for i, r := range results {
		if r == refused {
			kept = append(kept, fhir.KeptBack(compartment[i].resourceType))
		}
	}
	if len(kept) > 0 && !slices.Contains(results, answered) {
		return nil, fmt.Errorf("%w: it refuses every search", ErrUnavailable)
	}
	return kept, nil
}

// laterPage is an error at a page after the first: the search began, and its
// end is not there.
type laterPage struct{ error }

func (l *laterPage) Unwrap() error { return l.error }

// Outline is [Records.Outline]. A server is asked once; what it says stays in
// memory.
func (s *Server) Outline(ctx context.Context, record string) (fhir.Outline, []fhir.Omission, error) {
	whole, omitted, err := s.Read(ctx, record)
	return whole.Outline(), omitted, err
}

// budget is what one reading may still cost.
type budget struct {
	bytes atomic.Int64
	pages atomic.Int64
}

func newBudget(bytes int64) *budget {
	b := &budget{}
	b.bytes.Store(bytes)
	b.pages.Store(maxPages)
	return b
}

func (b *budget) spend(bytes int) error {
	if b.bytes.Add(-int64(bytes)) < 0 || b.pages.Add(-1) < 0 {
		return ErrTooMuch
	}
	return nil
}

// page is what is read of a searchset besides its resources. Its total may be
// missing or wrong and is never looked at.
type page struct {
	ResourceType string `json:"resourceType"`
	Link         []struct {
		Relation string `json:"relation"`
		URL      string `json:"url"`
	} `json:"link"`
}

// search reads all pages of a search. Where one is too large it asks again for
// smaller ones.
func (s *Server) search(ctx context.Context, left *budget, resourceType string, query url.Values) (fhir.Bundle, []fhir.Omission, error) {
	for size := s.options.Page; ; size = max(1, size/8) {
		query.Set("_count", strconv.Itoa(size))
		found, omitted, err := s.pages(ctx, left, resourceType, query)
		if size == 1 || !errors.Is(err, errLargeAnswer) {
			return found, omitted, err
		}
	}
}

// pages reads all pages of a search; what was spent on those before one that
// is too large is given back. Where a server refuses, what it gave before is
// returned with the error.
func (s *Server) pages(ctx context.Context, left *budget, resourceType string, query url.Values) (fhir.Bundle, []fhir.Omission, error) {
	var pages []fhir.Bundle
	var omitted []fhir.Omission
	spent := 0
	seen := map[string]bool{}
	for next := s.url(resourceType, query); next != nil; {
		if seen[next.String()] {
			return fhir.Bundle{}, nil, fmt.Errorf("%w: its pages go round in a circle", ErrUnavailable)
		}
		seen[next.String()] = true
		b, err := s.get(ctx, next)
		if errors.Is(err, errLargeAnswer) {
			left.bytes.Add(int64(spent))
		}
		if refusesSearch(err) {
			all, _ := fhir.Merge(pages...)
			return all, omitted, err
		}
		if err != nil && len(pages) > 0 {
			err = &laterPage{err}
		}
		if err != nil {
			return fhir.Bundle{}, nil, err
		}
		if err := left.spend(len(b)); err != nil {
			return fhir.Bundle{}, nil, err
		}
		spent += len(b)
		found, bad, err := readPage(b, resourceType)
		if err != nil {
			return fhir.Bundle{}, nil, err
		}
		pages, omitted = append(pages, found), fhir.MergeOmissions(omitted, bad)
		if next, err = s.nextPage(b, next); err != nil {
			return fhir.Bundle{}, nil, err
		}
	}
	all, _ := fhir.Merge(pages...) // a resource may stand on two pages when the record changes
	return all, omitted, nil
}

// readPage reads the resources of one page that were searched for; a server
// may add hints of its own.
func readPage(b []byte, resourceType string) (fhir.Bundle, []fhir.Omission, error) {
	found, omitted, err := fhir.ReadBundle(bytes.NewReader(b), fhir.Limits{})
	if err != nil {
		return fhir.Bundle{}, nil, fmt.Errorf("%w: a page of a search: %w", ErrUnavailable, err)
	}
	var wanted []fhir.Resource
	for _, r := range found.Entries {
		if r.Type == resourceType {
			wanted = append(wanted, r)
		}
	}
	bundle, _ := fhir.NewBundle(wanted)
	return bundle, omitted, nil
}

// nextPage returns the address of the next page, nil after the last. A server
// may know itself by another name than --fhir has: a link that lies below the
// base's path is asked for at the base, and never elsewhere.
func (s *Server) nextPage(b []byte, at *url.URL) (*url.URL, error) {
	var p page
	if err := json.Unmarshal(b, &p); err != nil || p.ResourceType != "Bundle" {
		return nil, fmt.Errorf("%w: a page of a search is no Bundle", ErrUnavailable)
	}
	for _, l := range p.Link {
		if l.Relation != "next" || l.URL == "" {
			continue
		}
		next, err := at.Parse(l.URL)
		if err != nil || !s.below(next) {
			return nil, fmt.Errorf("%w: it says that the next page of a search lies elsewhere than below the address that it was given here", ErrUnavailable)
		}
		next.Scheme, next.Host = s.base.Scheme, s.base.Host
		return next, nil
	}
	return nil, nil
}

// below tells whether an address has a path below the base's, whatever the host
// is called: nothing but the base's own host gets the token or is believed.
func (s *Server) below(u *url.URL) bool {
	return (u.Scheme == "https" || u.Scheme == "http") && u.Opaque == "" && u.User == nil &&
		(u.Path == s.base.Path || strings.HasPrefix(path.Clean(u.Path)+"/", s.base.Path+"/"))
}
