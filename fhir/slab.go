package fhir

// slab makes small things many at a time: a record has tens of thousands of
// them, and they live and go together.
type slab[T any] struct {
	free []T
	next int // how many the next piece has at least
}

const largestPiece = 1024

// take returns n new things.
func (s *slab[T]) take(n int) []T {
	if n > len(s.free) {
		s.next = min(max(1, 2*s.next), largestPiece)
		s.free = make([]T, max(n, s.next))
	}
	taken := s.free[:n:n]
	s.free = s.free[n:]
	return taken
}

// memory is where what is known of resources is kept.
type memory struct {
	facts slab[facts]
	refs  slab[ref]
}

// keep returns a copy of f that stays.
func (m *memory) keep(f facts) *facts {
	own := &m.facts.take(1)[0]
	*own = f
	own.refs = m.refs.take(len(f.refs))
	copy(own.refs, f.refs)
	return own
}
