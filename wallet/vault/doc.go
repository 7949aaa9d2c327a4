// Package vault keeps what a wallet knows on disk: proven entries with their
// details, and the summary the first screen is painted from.
//
// # Files
//
// A vault is a folder:
//
//	head               generation, summary, list of segments and blobs
//	segments/ID        entries: records, then an index of 26 bytes a row
//	blobs/ID           small named values, such as the outbox
//	lock, merge.lock   who writes
//
// Every file begins with a line in clear, "carekey vault KIND VERSION", so that
// a later format is recognised before anything is opened; the rest is an age
// file sealed to the profile's vault key. Inside stand the kind and version
// again, and the ids by which the head knows its files, so that no file can
// stand in for another.
//
// # Writing
//
// A commit writes new files and then replaces the head: all or nothing.
// Segments and blobs never change once written. A commit folds small segments
// into the one it writes and [Vault.Merge] does so with large ones, always
// where the newer is at least as long as the older, so that n rows lie in about
// log2(n) segments and each is copied that often at most.
//
// Each head carries the next generation number. A writer whose head is no longer
// the one on disk gets [ErrStale] and loses nothing: it reloads and tries again.
// Files that a crash left without a head naming them are swept up later.
//
// # Reading
//
// The index of all rows is held in memory, 32 bytes a row, in the order of block
// time, so that row i of a million is one look-up. Records are read in place
// and only when asked for.
//
// # Compatibility
//
// Version 1 is the only one. A change of meaning takes a new version; a vault of
// an older one is copied before it is converted.
package vault
