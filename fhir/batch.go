package fhir

// An outline's entries are read many at a time, in a goroutine beside the one
// that cuts the input and collects what was read. They are copied for that, so
// large ones are read where they stand.
const (
	batchBytes    = 128 << 10
	batchedBytes  = 32 << 10 // most of one entry
	batchesAtOnce = 2
)

// batch is entries that are read together.
type batch struct {
	text    []byte
	entries []batched
}

// batched is one entry: its bytes in the batch, and what was read in them.
type batched struct {
	span
	at       int64 // its place in the input
	resource Resource
	begin    int // of the resource, in the entry
	err      error
}

func (b *batch) add(raw []byte, at int64) {
	start := uint32(len(b.text))
	b.text = append(b.text, raw...)
	b.entries = append(b.entries, batched{span: span{start, uint32(len(b.text))}, at: at})
}

// batches reads entries of an outline.
type batches struct {
	filling *batch
	flying  int // batches that are being read
	todo    chan *batch
	done    chan *batch
	free    []*batch
}

// begin starts the goroutine that reads batches; it ends with end.
func (rd *reader) begin() {
	bs := &batches{todo: make(chan *batch, batchesAtOnce), done: make(chan *batch, batchesAtOnce)}
	for range batchesAtOnce + 1 {
		bs.free = append(bs.free, &batch{})
	}
	rd.batches = bs
	go func() {
		for b := range bs.todo {
			for i := range b.entries {
				one := &b.entries[i]
				one.resource, one.begin, one.err = rd.parseEntry(one.of(b.text))
			}
			bs.done <- b
		}
		close(bs.done)
	}()
}

// end ends the goroutine and waits for it.
func (bs *batches) end() {
	close(bs.todo)
	for range bs.done { // nobody wants them any more
	}
}

// batch takes an entry that stands in the window.
func (rd *reader) batch(raw []byte) error {
	if rd.batches == nil {
		rd.begin()
	}
	bs := rd.batches
	if bs.filling == nil {
		last := len(bs.free) - 1
		bs.filling, bs.free = bs.free[last], bs.free[:last]
	}
	bs.filling.add(raw, rd.place(raw))
	if len(bs.filling.text) < batchBytes {
		return nil
	}
	return rd.send()
}

// send has the batch read that was filled, and collects one that was read if
// there is none left to fill.
func (rd *reader) send() error {
	bs := rd.batches
	bs.todo <- bs.filling
	bs.filling = nil
	bs.flying++
	if len(bs.free) > 0 {
		return nil
	}
	return rd.collect()
}

// collect takes the oldest batch that was read.
func (rd *reader) collect() error {
	bs := rd.batches
	b := <-bs.done
	bs.flying--
	for _, one := range b.entries {
		if err := rd.met(one.resource, one.at+int64(one.begin), one.err); err != nil {
			return err
		}
	}
	b.text, b.entries = b.text[:0], b.entries[:0]
	bs.free = append(bs.free, b)
	return nil
}

// drain collects all batches.
func (rd *reader) drain() error {
	bs := rd.batches
	if bs == nil {
		return nil
	}
	var failed error
	if bs.filling != nil {
		failed = rd.send()
	}
	for failed == nil && bs.flying > 0 {
		failed = rd.collect()
	}
	return failed
}
