package fhir

// bundleEntry reads one entry of a bundle.
func (rd *reader) bundleEntry(raw []byte) error {
	if rd.outline != nil && len(raw) <= batchedBytes {
		return rd.batch(raw)
	}
	if err := rd.drain(); err != nil {
		return err
	}
	r, begin, err := rd.parseEntry(raw)
	return rd.met(r, rd.place(raw)+int64(begin), err)
}

// met notes an entry: a resource, whose text begins at a place, or why there is
// none.
func (rd *reader) met(r Resource, at int64, err error) error {
	if err != nil {
		return rd.refuse("entry ", err)
	}
	return rd.accept(r, at)
}

// parseEntry reads an entry and returns its resource, and where in the entry
// that begins.
func (rd *reader) parseEntry(raw []byte) (Resource, int, error) {
	e := entry{scanner: scanner{b: raw, max: rd.limits.Depth}, scratch: rd.scratch}
	e.read()
	if e.err != nil {
		return Resource{}, 0, e.err
	}
	if e.resource == nil {
		return Resource{}, 0, errEmpty
	}
	r, err := e.found.resource(e.resource, e.fullURL, &rd.memory)
	return r, e.begin, err
}

// entry is one entry of a bundle being read.
type entry struct {
	scanner
	fullURL  string
	resource []byte
	begin    int // of the resource, in the entry
	found    reading
	scratch  []ref
}

func (e *entry) read() {
	e.open('{')
	for first := true; ; first = false {
		name, more := e.member(first)
		if !more {
			break
		}
		switch string(name) {
		case "fullUrl":
			if at, escaped := e.text(); e.err == nil {
				e.fullURL = string(content(e.b, at, escaped))
			}
		case "resource":
			e.readResource()
		default:
			e.skip()
		}
	}
	e.end()
}

// readResource reads the resource that stands here.
func (e *entry) readResource() {
	found, err := readResource(e.b[e.i:], e.max, e.scratch)
	if err == nil && e.resource != nil {
		err = errTwice
	}
	if err != nil {
		e.fail(err)
		return
	}
	e.resource, e.begin, e.found = e.b[e.i:e.i+found.size], e.i, found
	e.i += found.size
}
