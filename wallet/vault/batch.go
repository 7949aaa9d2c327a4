package vault

import "fmt"

// Limits of one batch; a long history is committed in several.
const (
	MaxBatchRows  = 1 << 14
	MaxBatchBytes = 64 << 20
)

// Batch is what one commit writes: all of it or nothing.
type Batch struct {
	Summary []byte            // replaces the summary; nil leaves it
	New     []Entry           // each log's in ascending order
	Changed []Change          // entries the vault has
	Blobs   map[string][]byte // replaces these; nil removes one
}

// Entry is a new row with its record.
type Entry struct {
	Row    Row
	Record Record
}

// Change replaces what a row says and its detail, which may come long after the
// entry. Log, number and time name the row and stay.
type Change struct {
	Row    Row
	Detail []byte // nil leaves it
}

// check refuses what is over a limit before anything is written.
func (b Batch) check() error {
	if len(b.Summary) > MaxSummaryBytes {
		return fmt.Errorf("a summary of %d bytes is %w", len(b.Summary), ErrTooLarge)
	}
	if n := len(b.New) + len(b.Changed); n > MaxBatchRows {
		return fmt.Errorf("a batch of %d rows is %w", n, ErrTooLarge)
	}
	size := 0
	for _, e := range b.New {
		size += len(e.Record.Entry) + len(e.Record.Companion) + len(e.Record.Detail)
	}
	for _, c := range b.Changed {
		size += len(c.Detail)
	}
	if size > MaxBatchBytes {
		return fmt.Errorf("a batch of %d bytes is %w", size, ErrTooLarge)
	}
	for name, value := range b.Blobs {
		if err := checkBlobName(name); err != nil {
			return err
		}
		if len(value) > MaxBlobBytes {
			return fmt.Errorf("a blob of %d bytes is %w", len(value), ErrTooLarge)
		}
	}
	return nil
}
