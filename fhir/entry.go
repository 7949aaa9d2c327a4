package fhir

// bundleEntry reads one entry of a bundle.
func (rd *reader) bundleEntry(raw []byte) error {
	e := entry{scanner: scanner{b: raw, max: rd.limits.Depth}, scratch: rd.scratch}
	e.read()
	if e.err != nil {
		return rd.refuse("entry ", e.err)
	}
	if e.resource == nil {
		return rd.refuse("entry ", errEmpty)
	}
	r, err := e.found.resource(e.resource, e.fullURL, &rd.memory)
	if err != nil {
		return rd.refuse("entry ", err)
	}
	return rd.accept(r)
}

// entry is one entry of a bundle being read.
type entry struct {
	scanner
	fullURL  string
	resource []byte
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
	e.resource, e.found = e.b[e.i:e.i+found.size], found
	e.i += found.size
}
