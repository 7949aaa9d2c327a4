package fhir

// links is what the references of a bundle lead to: for entry i the targets
// from start[i] to before start[i+1], in the order of its references; -1 for a
// target that is not in the bundle. Words tells for each whether it is described
// where it is named.
type links struct {
	start   []int32
	targets []int32
	words   []bool
}

// links resolves every reference of b once.
func (b Bundle) links() links {
	total := 0
	for _, r := range b.Entries {
		total += len(r.known().refs)
	}
	l := links{start: make([]int32, len(b.Entries)+1), targets: make([]int32, 0, total), words: make([]bool, 0, total)}
	for i, r := range b.Entries {
		for at, ref := range r.known().refs {
			l.targets, l.words = append(l.targets, b.target(r, at)), append(l.words, ref.words)
		}
		l.start[i+1] = int32(len(l.targets))
	}
	return l
}

// target resolves reference number at of r.
func (b Bundle) target(r Resource, at int) int32 {
	written := r.written(at)
	if i := b.find(written); i >= 0 {
		return i
	}
	if text := r.named(at); len(text) != len(written) { // it had escapes
		return b.find([]byte(text))
	}
	return -1
}

func (l links) of(i int32) []int32 { return l.targets[l.start[i]:l.start[i+1]] }

// backward returns the same links seen from their targets.
func (l links) backward() links {
	n := len(l.start) - 1
	back := links{start: make([]int32, n+1), targets: make([]int32, len(l.targets)), words: make([]bool, len(l.targets))}
	for _, t := range l.targets {
		if t >= 0 {
			back.start[t+1]++
		}
	}
	for i := range n {
		back.start[i+1] += back.start[i]
	}
	next := append([]int32(nil), back.start...)
	for i := range int32(n) {
		for at, t := range l.of(i) {
			if t >= 0 {
				back.targets[next[t]], back.words[next[t]] = i, l.words[int(l.start[i])+at]
				next[t]++
			}
		}
	}
	return back
}

// classes spreads the classes of each entry backwards along references until
// nothing changes: who refers to something sensitive tells of it. A class comes
// to an entry once, so cycles end and the cost is bounded by the references.
func (b Bundle) classes(l links) []classSet {
	sets := make([]classSet, len(b.Entries))
	var work []int32
	for i, r := range b.Entries {
		if sets[i] = r.known().classes; sets[i] != 0 {
			work = append(work, int32(i))
		}
	}
	if len(work) == 0 {
		return sets
	}
	back := l.backward()
	for len(work) > 0 {
		i := work[len(work)-1]
		work = work[:len(work)-1]
		for at, j := range back.of(i) {
			told := passedOn(b.Entries[i], sets[i], back.words[int(back.start[i])+at])
			if sets[j]|told != sets[j] {
				sets[j] |= told
				work = append(work, j)
			}
		}
	}
	return sets
}

// passedOn is what one who refers to r tells of its classes. Naming the patient
// tells nothing. Naming a visit tells what the visit itself is, not what else
// was spoken of there: else one word at a visit would make every blood pressure
// of that day sensitive. Who describes the visit in words may tell all of it.
func passedOn(r Resource, classes classSet, words bool) classSet {
	switch r.Type {
	case "Patient":
		return 0
	case "Encounter", "EpisodeOfCare":
		if !words {
			return r.known().classes
		}
	}
	return classes
}
